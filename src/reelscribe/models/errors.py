"""What can be wrong with weights. Each message says what to install or do: users read it on a failed video."""


class ModelError(RuntimeError):
    """Weights cannot be used; the cause can be mended and the work retried."""


class ModelMissing(ModelError):  # noqa: N818  "missing" is the error
    """No weights in any of the places looked at."""


class ModelDamaged(ModelError):  # noqa: N818  "damaged" is the error
    """Weights are there, but their bytes are not the published ones."""
