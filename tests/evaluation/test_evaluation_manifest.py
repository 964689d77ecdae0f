"""Cases from a manifest and from files of one name; every fault is one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import EvaluationError
from landmarkdiff.evaluation.manifest import Case, Folders, digest, pair_by_name, read_cases


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Empty files, of which a manifest needs only the names."""
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.png", "sub/c.png", "t.png", "s.jpg", "m.png", "plan.json"):
        (tmp_path / name).touch()
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "cases.csv"
    path.write_bytes(text.encode("utf-8"))
    return path


def test_every_column_is_read(folder: Path) -> None:
    table = (
        "\ufeffpred,target,source,raw,mask,plan,name,person,seed,flags,procedure,view,tone,monk,sex,age\r\n"
        "a.png,t.png,s.jpg,b.png,m.png,plan.json,first,p1,7,child keloid=nose,brow_lift,frontal,IV,"
        "08,female,44.5\r\n"
        "sub/c.png,,,,,,,p1,,,,,,,,\r\n"
    )
    first, second = read_cases(written(folder, table))
    assert first == Case(
        name="first",
        person="p1",
        prediction=folder / "a.png",
        target=folder / "t.png",
        source=folder / "s.jpg",
        raw=folder / "b.png",
        mask=folder / "m.png",
        plan=folder / "plan.json",
        seed="7",
        facts={
            "procedure": "brow_lift",
            "view": "frontal",
            "tone": "IV",
            "monk": "8",
            "sex": "female",
            "age": "30 to 44",
        },
        flags=ClinicalFlags(keloid_prone=True, keloid_regions=("nose",), child=True).to_dict(),
    )
    assert (second.name, second.person, second.target, second.facts) == ("sub/c", "p1", None, {})


def test_columns_have_folders_of_their_own(folder: Path) -> None:
    (folder / "sub" / "t.png").touch()
    folders = Folders(prediction=folder / "sub", target=folder)
    (case,) = read_cases(written(folder, "pred,target\nc.png,t.png\n"), folders)
    assert (case.prediction, case.target) == (folder / "sub" / "c.png", folder / "t.png")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("pred,sexx\na.png,f\n", r"column .* is unknown \(got sexx\).*did you mean sex\?"),
        ("pred,q1\na.png,f\n", r"column .* is unknown \(got q1\); allowed: pred, target, .*age\.$"),
        ("pred,sex,sex\na.png,f,f\n", r"column .* is there twice \(got sex\)"),
        ("person\np\n", r"no column pred.*\(got cases\.csv\)"),
        ("", "no column pred"),
        ("pred\n", r"has no cases \(got cases\.csv\)"),
        (
            "pred,target\na.png,gone.png\n",
            r"the target in line 2 .* does not exist \(got gone\.png",
        ),
        ("pred\n../cases.csv\n", r"the pred in line 2 .* lies outside its folder"),
        ("pred\nsub/../../x.png\n", "lies outside its folder"),
        ("pred\n/etc/hostname\n", "lies outside its folder"),
        ("pred\na.png\nb.png\na.png\n", r"a case twice, in lines 2, 4 \(got a\)"),
        ("pred,name\na.png,x\nb.png,x\n", r"a case twice, in lines 2, 3 \(got x\)"),
        ("pred,sex\na.png\n", r"line 2 .* not as many cells"),
        ("pred,sex\na.png,f,g\n", r"line 2 .* not as many cells"),
        ("pred,sex\n,f\n", r"column pred in line 2"),
        ("pred,monk\na.png,11\n", r"column monk in line 2 .* \(got 11\); allowed: 1 to 10"),
        ("pred,age\na.png,200\n", r"column age in line 2 .* \(got 200\); allowed: 0 to 130 years"),
        ("pred,age\na.png,nan\n", r"column age in line 2 .* \(got nan\)"),
        ("pred,flags\na.png,diabetes\n", r"column flags in line 2 .*\(got diabetes\)"),
        ('pred\n"a.png\n', "the manifest cannot be read"),
    ],
)
def test_a_fault_is_one_sentence(folder: Path, table: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        read_cases(written(folder, table))


def test_a_manifest_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "cases.csv").write_bytes(b"pred\n\xff\xfe\n")
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_cases(folder / "cases.csv")
    with pytest.raises(EvaluationError, match=r"cannot be read \(No such file or directory\)"):
        read_cases(folder / "gone.csv")


@pytest.mark.parametrize(
    ("age", "group"),
    [("17.9", "below 18"), ("18", "18 to 29"), ("45", "45 to 59"), ("60", "60 and above")],
)
def test_ages_are_grouped_and_groups_of_ones_own_stay(folder: Path, age: str, group: str) -> None:
    (case, other) = read_cases(written(folder, f"pred,age\na.png,{age}\nb.png,middle\n"))
    assert (case.facts["age"], other.facts["age"]) == (group, "middle")


def test_files_pair_by_their_names() -> None:
    predictions = {"b": Path("p/b.png"), "a": Path("p/a.png")}
    targets = {"a": Path("t/a.jpg"), "b": Path("t/b.jpg"), "c": Path("t/c.jpg")}
    cases, notes = pair_by_name(predictions, targets, facts={"procedure": "lip_lift"})
    assert [(case.name, case.target) for case in cases] == [
        ("a", targets["a"]),
        ("b", targets["b"]),
    ]
    assert cases[0].facts == {"procedure": "lip_lift"}
    assert notes == ("1 of 3 targets have no prediction.",)
    with pytest.raises(EvaluationError, match=r"no source of its name \(got b\)"):
        pair_by_name(predictions, targets, {"a": Path("s/a.png")})


def test_a_case_survives_json_and_its_digest_knows_it(folder: Path) -> None:
    table = "pred,plan,person,sex,flags\na.png,plan.json,p,f,vitiligo\nb.png,,q,,\n"
    cases = read_cases(written(folder, table))
    for case in cases:
        record = json.loads(json.dumps(case.to_dict(folder / "sub")))
        again = Case.from_dict(record, folder / "sub")
        assert again.prediction.resolve() == case.prediction
        assert (again.flags, again.facts, again.person) == (case.flags, case.facts, case.person)
    assert digest(cases) == digest(cases[::-1])
    assert digest(cases) != digest(cases[:1])
