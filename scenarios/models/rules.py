"""The base of every model of a file."""

from pydantic import BaseModel, ConfigDict


class Rules(BaseModel):
    """Base of every model here: frozen, strict about types, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
