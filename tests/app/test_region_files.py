"""A picture that a track's region is drawn from decides the result of simulating it."""

import numpy as np
from PIL import Image

from neuroskyrm.app.stages.simulate import STAGE
from neuroskyrm.app.stages.surrogate import THIELE_STAGES
from neuroskyrm.app.study import load_study


def test_a_changed_picture_is_not_taken_for_the_old_one(tmp_path):
    file = tmp_path / "gates.png"
    study = tmp_path / "study.yaml"
    study.write_text(
        f"device: {{regions: [{{shape: image, file: {file}, Ku: 0.8 MJ/m^3}}, "
        "{along: 40 nm, across: 40 nm, Ku: 0.8 MJ/m^3}]}\n"
    )
    (rigid,) = (stage for stage in THIELE_STAGES if stage.name == STAGE.name)
    for stage in (STAGE, rigid):
        seen = []
        for dark in (2, 5, 5):
            picture = np.full((8, 12), 255, np.uint8)
            picture[:, :dark] = 0
            Image.fromarray(picture).save(file)
            seen.append(stage.files(load_study(study), None))
        assert list(seen[0]) == [str(file)]
        assert seen[0] != seen[1] == seen[2]
