import numpy as np
import pytest

from neuroskyrm.errors import DataError
from neuroskyrm.io.trajectory import Trajectory


def example():
    return Trajectory(
        {"t": np.arange(4) * 1e-9, "mz": np.array([1.0, 0.9, 0.8, 0.7]), "n": np.arange(4)},
        np.random.default_rng(0).normal(size=(2, 3, 1, 4, 5)).astype(np.float32),
        np.array([0.0, 3e-9]),
        {"seed": 3, "mesh": {"nx": 5}, "terms": ["Exchange"]},
    )


def test_round_trip_keeps_everything(tmp_path):
    example().save(tmp_path / "run.h5")
    back = Trajectory.load(tmp_path / "run.h5")
    assert list(back.table) == ["t", "mz", "n"]
    assert all(np.array_equal(back[name], example()[name]) for name in back.table)
    assert np.array_equal(back.snapshots, example().snapshots)
    assert np.array_equal(back.times, example().times)
    assert back.attrs == example().attrs


def test_csv_holds_the_table(tmp_path):
    example().save_csv(tmp_path / "run.csv")
    data = np.genfromtxt(tmp_path / "run.csv", delimiter=",", names=True)
    assert data.dtype.names == ("t", "mz", "n")
    assert np.array_equal(data["mz"], example()["mz"])


def test_parts_join_in_order():
    whole = Trajectory.join([example(), example()])
    assert len(whole) == 8
    assert whole.snapshots.shape[0] == 4


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "run.h5"
    with pytest.raises(DataError, match="no such file"):
        Trajectory.load(path)
    example().save(path)
    path.write_bytes(path.read_bytes()[:800])
    with pytest.raises(DataError, match="damaged"):
        Trajectory.load(path)
    path.write_text("t,mz\n")
    with pytest.raises(DataError, match="damaged"):
        Trajectory.load(path)


def test_columns_must_fit():
    with pytest.raises(DataError, match="one length"):
        Trajectory({"t": np.zeros(2), "mz": np.zeros(3)})
    with pytest.raises(DataError, match="one time per snapshot"):
        Trajectory({"t": np.zeros(2)}, times=np.zeros(1))
    with pytest.raises(DataError, match="no column 'my'"):
        example()["my"]
