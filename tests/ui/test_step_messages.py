"""The steps of a network in words."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from landmarkdiff.generators import StepProgress
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server import step_messages
from landmarkdiff.ui.server.step_messages import StepMessages


def step(done: int, total: int = 3, stage: str = "painting", preview=None) -> StepProgress:
    return StepProgress(stage, done, total, preview)


def test_models_steps_attempts_and_finishing() -> None:
    messages = StepMessages(Texts.load("en"))
    steps = [
        *(step(done, 2, "loading") for done in range(3)),
        *map(step, (1, 2, 3)),
        step(1, 1),  # the painting is being finished: told again and again
        step(1, 1),
        *map(step, (1, 2, 3)),
    ]
    said = [messages.stage(one) for one in steps]
    assert [stage.text for stage in said] == [
        "Loading model 1 of 2",
        "Loading model 2 of 2",
        "Loading model 2 of 2",
        "Repainting, step 1 of 3",
        "Repainting, step 2 of 3",
        *["Checking and finishing"] * 3,
        "Repainting, step 1 of 3, attempt 2",
        "Repainting, step 2 of 3, attempt 2",
        "Checking and finishing",
    ]
    assert [stage.share for stage in said[:5]] == [0.0, 0.5, 1.0, 0.333, 0.667]


def test_attempts_of_other_pictures_are_counted_anew() -> None:
    messages, said = StepMessages(Texts.load("de")), []
    for done in (0, 8):
        messages.begin((done, "rhinoplasty"))
        said += [messages.stage(step(1)).text, messages.stage(step(2)).text]
        messages.begin((done, "rhinoplasty"))  # asked only whether to go on
    said.append(messages.stage(step(1)).text)
    assert said[:4] == ["Neu malen, Schritt 1 von 3", "Neu malen, Schritt 2 von 3"] * 2
    assert said[4] == "Neu malen, Schritt 1 von 3, Versuch 2"


def test_an_unfinished_picture_is_small_and_not_sent_at_every_step(monkeypatch) -> None:
    now = 100.0
    monkeypatch.setattr(step_messages.time, "monotonic", lambda: now)
    messages = StepMessages(Texts.load("en"))
    picture = np.full((512, 256, 3), (200, 40, 90), np.uint8)
    first = messages.stage(step(1, 9, preview=picture))
    head, data = first.preview.split(",")
    assert head == "data:image/jpeg;base64"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (192, 96, 3)
    assert np.abs(shown[0, 0, ::-1].astype(int) - (200, 40, 90)).max() <= 4
    assert messages.stage(step(2, 9, preview=picture)).preview is None
    now += 0.3
    assert messages.stage(step(3, 9, preview=picture)).preview is not None
    assert messages.stage(step(4, 9)).preview is None
