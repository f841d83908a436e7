"""The marks that end sentences and clauses, in many scripts."""
# ruff: noqa: RUF001 -- the look-alikes of ASCII are what this module lists

QUESTIONS = "?？؟"
# Full stops of scripts that have no capital letters to confirm them.
SURE_STOPS = "。！？｡．।॥؟۔։።။།"
STOPS = ".!?…" + SURE_STOPS
CLAUSES = ",;:、，；：،؛"
DASHES = "—–"
# Quotes and brackets that may follow a stop.
CLOSERS = "\"'”’»›)]」』】）"
APOSTROPHE = "’"
# Look-alikes for what subtitle players would take for markup.
DISARMED: dict[str, str | int | None] = {"<": "‹", ">": "›", "{": "(", "}": ")"}
