"""The commands that use a running platform through its public API, like everybody else."""
