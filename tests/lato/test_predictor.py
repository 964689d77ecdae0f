"""A model beside the grammar: what it may write, what is made of it, and what it may not decide."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.cli import main
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.lato.data.instructions import LANGUAGES
from landmarkdiff.lato.language import HeadTurn, understand
from landmarkdiff.lato.language.clauses import pieces
from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.lato.predictor import (
    ConstrainedModel,
    PointAnswer,
    clause_grammar,
    faults_of,
    load_model,
    points_grammar,
    predict_points,
    read_with_model,
)
from landmarkdiff.lato.predictor.answer import smoothed
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.photo import write_png

xgrammar = pytest.importorskip("xgrammar")
END = 256


def random_text(grammar: str, count: int) -> list[str]:
    """Draw texts of a grammar as a model without knowledge would: a byte at a time."""
    vocabulary = [bytes([value]) for value in range(END)] + [b"<end>"]
    told = xgrammar.TokenizerInfo(
        vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[END]
    )
    compiled = xgrammar.GrammarCompiler(told).compile_grammar(xgrammar.Grammar.from_lark(grammar))
    mask = xgrammar.allocate_token_bitmask(1, len(vocabulary))
    texts = []
    for seed in range(count):
        rng, written = np.random.default_rng(seed), b""
        matcher = xgrammar.GrammarMatcher(compiled)
        while not matcher.is_terminated():
            matcher.fill_next_token_bitmask(mask)
            bits = np.unpackbits(mask.numpy().view(np.uint8).ravel(), bitorder="little")
            token = int(rng.choice(np.flatnonzero(bits[: len(vocabulary)])))
            assert matcher.accept_token(token)
            written += b"" if token == END else bytes([token])
        texts.append(written.decode())
    return texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_written_within_the_grammar_is_read(language: str, face: FaceLandmarks) -> None:
    for text in random_text(clause_grammar(language), 12):
        kinds = {sign.meaning.kind for sign in lexicon(language).signs(text)}
        assert "UNKNOWN" not in kinds, text
        assert pieces(text, lexicon(language))
        if len(text) < 400:
            understand(text, face, language=language)


def test_points_come_in_four_stages() -> None:
    for text in random_text(points_grammar(), 12):
        answer = PointAnswer.parse(text)
        assert answer.points.shape == (68, 2)
        assert answer.points.min() >= 0
        assert answer.points.max() <= 511
        assert answer.motions


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '{"state": {}, "rigid": {}, "points": []}'])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # JSON's own error is one, too
        PointAnswer.parse(text)


def turned(face: FaceLandmarks, yaw: float, pitch: float = 0.0) -> FloatArray:
    """The 68 points of a face whose head is turned, seen from far away."""
    points = landmarks_68(face.points) * (1.0, -1.0, -1.0)
    middle = points.mean(axis=0)
    turn = rotation_from(face.pose.yaw + yaw, face.pose.pitch + pitch, face.pose.roll)
    seen = (points - middle) @ (turn @ face.pose.rotation.T).T + middle
    return np.asarray(seen[:, :2] * (1.0, -1.0))


def test_a_head_that_turns_as_asked_has_no_fault(face: FaceLandmarks) -> None:
    assert faults_of(np.rint(turned(face, 12.0)), face, HeadTurn(yaw=12.0)) == ()
    assert faults_of(np.rint(turned(face, -9.0, 6.0)), face, HeadTurn(-9.0, 6.0)) == ()
    still = landmarks_68(face.points)[:, :2]
    smile = still.copy()
    smile[[48, 54]] += ((-6.0, -5.0), (6.0, -5.0))
    assert faults_of(smile, face) == ()


def test_what_no_head_can_be_is_a_fault(face: FaceLandmarks) -> None:
    still = landmarks_68(face.points)[:, :2]
    longer, thorn, larger = still.copy(), still.copy(), still.copy()
    longer[30:36] += (0.0, 0.25 * face.interocular_px)
    thorn[8] += (0.0, 60.0)
    larger = (still - still.mean(axis=0)) * 1.4 + still.mean(axis=0)
    assert "nose_not_rigid" in faults_of(longer, face)
    assert "not_smooth" in faults_of(thorn, face)
    assert "size_changes" in faults_of(larger, face)
    assert faults_of(still + 600.0, face) == ("outside",)
    assert faults_of(still[:67], face) == ("count",)
    assert faults_of(turned(face, 12.0), face, HeadTurn(yaw=-12.0)) == ("turn_disagrees",)


def test_smoothing_keeps_a_turn_and_evens_steps(face: FaceLandmarks) -> None:
    still = landmarks_68(face.points)[:, :2]
    steps = still + 5.0 + np.where(np.arange(68) % 2, 0.5, -0.5)[:, None]
    even = smoothed(steps, still) - still - 5.0
    assert np.abs(even[1:16]).max() < 1e-9
    assert np.array_equal(smoothed(still + 5.0, still), still + 5.0)


class Says:
    """A model that always gives one answer."""

    def __init__(self, text: str) -> None:
        self.text = text

    def answer(self, picture: ImageArray, question: str, grammar: str) -> str:
        return self.text


def test_the_grammar_decides_and_the_model_is_compared(
    astronaut: ImageArray, face: FaceLandmarks
) -> None:
    heard = understand("chin forward 3 mm, smile slightly", face)
    same = read_with_model(Says("chin forward 3 mm ; slightly happy"), astronaut, heard, face)
    assert same.agrees
    assert same.notices == ()
    other = read_with_model(Says("chin back 3 mm ; slightly happy"), astronaut, heard, face)
    assert not other.agrees
    assert [notice.code for notice in other.notices] == ["words_model_differs"]
    assert "chin back 3 mm" in other.notices[0].text
    endless = Says(" ; ".join(["width of the bridge of the nose " * 8] * 8))
    assert not read_with_model(endless, astronaut, heard, face).agrees
    silent = read_with_model(Says(""), astronaut, heard, face)
    assert not silent.agrees
    said = other.to_dict()["understood"]["plan"]["effects"]
    assert [item["value"] for item in said if item["value"]] == [-3.0]


def answer_of(points: FloatArray) -> str:
    angles = {"yaw": 12, "pitch": 0, "roll": 0}
    return json.dumps(
        {
            "state": {"expression": "happy", "strength": 1, "yaw": 0, "pitch": 0, "roll": 0},
            "motions": ["turn_left"],
            "rigid": {**angles, "right": 8, "down": 0},
            "muscles": {},
            "points": np.rint(points).astype(int).tolist(),
        }
    )


def test_predicted_points_are_given_where_a_head_can_look_so(
    astronaut: ImageArray, face: FaceLandmarks
) -> None:
    heard = understand("turn the head 12 degrees to the left", face)
    points = turned(face, 12.0)
    right = predict_points(Says(answer_of(points)), astronaut, face, heard)
    assert right.faults == ()
    assert right.points is not None
    assert np.abs(right.points - points).max() < 1.5
    wrong = predict_points(Says(answer_of(turned(face, -12.0))), astronaut, face, heard)
    assert wrong.points is None
    assert wrong.faults == ("turn_disagrees",)
    with pytest.raises(ValueError, match="canvas"):
        predict_points(Says(""), astronaut[:100], face, heard)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny model with random weights."""
    from tiny_vision_language import write_vision_language_model

    return write_vision_language_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def model(tiny: Path) -> ConstrainedModel:
    return load_model(tiny, device="cpu")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_model_with_random_weights_writes_clauses(
    model: ConstrainedModel, language: str, astronaut: ImageArray
) -> None:
    for seed in range(2):
        text = model.answer(astronaut, "chin", clause_grammar(language), seed=seed)
        assert text
        assert "UNKNOWN" not in {sign.meaning.kind for sign in lexicon(language).signs(text)}
        assert pieces(text, lexicon(language))


def test_a_model_with_random_weights_writes_points(
    model: ConstrainedModel, astronaut: ImageArray
) -> None:
    text = model.answer(astronaut, "turn the head", points_grammar(), seed=0)
    assert PointAnswer.parse(text).points.shape == (68, 2)


def test_the_command_says_what_a_model_reads_and_follows_the_grammar(
    tiny: Path,
    tmp_path: Path,
    astronaut: ImageArray,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "photo.png", astronaut)
    command = ["edit", "photo.png", "chin forward 3 mm", "--dry-run", "--passes", "1"]
    assert main([*command, "--json", "--predictor", str(tiny)]) == 0
    read = json.loads(capsys.readouterr().out)
    assert [item["value"] for item in read["plan"]["effects"] if item["value"]] == [3.0]
    assert read["model"]["agrees"] is False
    assert main([*command, "--predictor", "nowhere"]) == 2
    error = capsys.readouterr().err
    assert "hf download Qwen/Qwen3-VL-2B-Instruct --local-dir nowhere" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_folder_that_was_fetched_in_part_is_refused(
    tiny: Path, tmp_path: Path, file: str
) -> None:
    shutil.copytree(tiny, tmp_path / "part")
    data = (tiny / file).read_bytes()
    (tmp_path / "part" / file).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModeUnavailableError, match="cannot be read"):
        load_model(tmp_path / "part", device="cpu")


def test_a_folder_with_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(ModeUnavailableError, match="cannot be read"):
        load_model(tmp_path, device="cpu")
