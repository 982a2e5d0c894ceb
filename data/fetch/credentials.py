"""AWS credentials by the ordinary chain; never an argument of this program, never written down."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KEYS = {
    "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token",
}


def credential_options(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What obstore needs beyond its own chain (environment, container and instance roles).

    That chain does not read the files that `aws configure` writes: static keys of a profile are
    read here; anything that needs more (single sign-on, assumed roles) goes through boto3 where it
    is installed.
    """
    if "AWS_ACCESS_KEY_ID" in environ:
        return {}
    keys = _profile_keys(environ)
    if keys:
        return {"config": keys}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider

        return {"credential_provider": Boto3CredentialProvider()}
    except (ImportError, ValueError):  # ValueError: boto3 found no credentials either
        return {}


def _profile_keys(environ: Mapping[str, str]) -> dict[str, str]:
    place = environ.get("AWS_SHARED_CREDENTIALS_FILE")
    path = (
        Path(place) if place else Path(environ.get("HOME", "~")).expanduser() / ".aws/credentials"
    )
    profiles = configparser.RawConfigParser()
    try:
        profiles.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    profile = environ.get("AWS_PROFILE", "default")
    if not profiles.has_section(profile):
        return {}
    section = profiles[profile]
    return {ours: section[name] for ours, name in _KEYS.items() if name in section}
