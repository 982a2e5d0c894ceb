"""AWS credentials come from where every AWS tool has them, and from nowhere else."""

from pathlib import Path

from crashsim.data.fetch.credentials import credential_options

FILE = """\
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = made-up

[work]
aws_access_key_id = AKIAWORK
aws_secret_access_key = made-up-too
aws_session_token = token
"""


def home(tmp_path: Path, text: str = FILE) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(text)
    return {"HOME": str(tmp_path)}


def test_the_environment_comes_first(tmp_path: Path) -> None:
    assert credential_options({**home(tmp_path), "AWS_ACCESS_KEY_ID": "AKIAENV"}) == {}


def test_the_default_profile_is_read(tmp_path: Path) -> None:
    assert credential_options(home(tmp_path)) == {
        "config": {"access_key_id": "AKIADEFAULT", "secret_access_key": "made-up"}
    }


def test_a_named_profile_is_read_with_its_token(tmp_path: Path) -> None:
    found = credential_options({**home(tmp_path), "AWS_PROFILE": "work"})
    assert found["config"]["access_key_id"] == "AKIAWORK"
    assert found["config"]["session_token"] == "token"


def test_a_file_elsewhere_is_found(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    place.write_text(FILE)
    found = credential_options({"AWS_SHARED_CREDENTIALS_FILE": str(place), "HOME": "/nowhere"})
    assert found["config"]["access_key_id"] == "AKIADEFAULT"


def test_a_broken_file_gives_nothing_away(tmp_path: Path) -> None:
    assert "config" not in credential_options(home(tmp_path, "not an ini file"))
