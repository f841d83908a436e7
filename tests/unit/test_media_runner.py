import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reelscribe.media.errors import CannotWrite, LimitExceeded, MediaStalled, MediaTimeout, ToolMissing
from reelscribe.media.runner import Completed, Limits, open_source, run

SHELL = "/bin/sh"
WAITS = "echo $$; exec sleep 60"


def shell(script: str, timeout: float = 20, **options: object) -> Completed:
    return asyncio.run(run([SHELL, "-c", script], timeout=timeout, **options))  # type: ignore[arg-type] # by name


def is_gone(pid: int) -> bool:
    """Whether a process has ended, waiting for at most ten seconds for it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                os.sched_yield()
                continue
        return True
    return False


def test_output_exit_code_and_the_end_of_complaints_come_back():
    done = shell("echo out; for i in $(seq 3000); do echo complaint $i >&2; done; exit 7")
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert done.stderr.endswith("complaint 3000\n")
    assert len(done.stderr) == 4096


def test_nothing_of_our_environment_is_inherited(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JWT_SECRET", "very secret")
    assert b"secret" not in shell("env").stdout


def test_only_the_given_descriptor_is_inherited(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"content")
    with open_source(tmp_path / "a") as source:
        done = shell(f"cat /proc/self/fd/{source}; ls /proc/$$/fd | tr '\\n' ' '", source=source)
    content, _, rest = done.stdout.partition(b"content")
    assert content == b""
    assert set(rest.split()) <= {b"0", b"1", b"2", str(source).encode(), b"10"}  # dash keeps its script at 10


def test_a_timeout_kills_the_whole_group(tmp_path: Path):
    with pytest.raises(MediaTimeout):
        shell(f"sleep 60 & echo $! > {tmp_path}/child; wait", timeout=1.0)
    assert is_gone(int((tmp_path / "child").read_text()))


def test_standing_still_is_not_waited_for_to_the_end():
    with pytest.raises(MediaStalled):
        shell("for i in 1 2 3; do echo $i; sleep 0.1; done; sleep 60", on_line=lambda _: True, patience=1.0)


def test_signs_of_work_renew_patience():
    lines: list[str] = []

    def note(line: str) -> bool:
        lines.append(line)
        return True

    script = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done"
    assert shell(script, on_line=note, patience=1.0).returncode == 0
    assert lines == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_cancellation_kills(tmp_path: Path):
    async def cancelled() -> int:
        started = asyncio.Event()
        pids: list[int] = []

        def line(text: str) -> bool:
            pids.append(int(text))
            started.set()
            return True

        task = asyncio.create_task(run([SHELL, "-c", WAITS], timeout=60, on_line=line, cwd=tmp_path))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pids[0]

    assert is_gone(asyncio.run(cancelled()))


def test_a_killed_worker_takes_its_children_along(tmp_path: Path):
    script = (
        "import asyncio\nfrom reelscribe.media.runner import run\n"
        f"script = 'cd {tmp_path}; echo $$ > new; mv new pid; exec sleep 60'\n"
        f"asyncio.run(run(['{SHELL}', '-c', script], timeout=60))\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script])
    try:
        while not (tmp_path / "pid").exists():
            assert worker.poll() is None
            os.sched_yield()
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_an_orphan_never_starts():
    launcher = Path(__file__).parents[2] / "src/reelscribe/media/launcher.py"
    argv = [sys.executable, "-I", "-S", str(launcher), "1", "{}", "/bin/echo", "started"]
    done = subprocess.run(argv, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (125, b"")


def test_memory_is_limited():
    script = "import sys; x = bytearray(2 * 1024**3)"
    argv = [sys.executable, "-I", "-S", "-c", script]
    done = asyncio.run(run(argv, timeout=20, limits=Limits(address_space=1024**3)))
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def test_computing_time_is_limited():
    done = shell("while :; do :; done", limits=Limits(cpu_seconds=1))
    assert done.returncode in (-signal.SIGKILL, -signal.SIGXCPU)


def test_file_size_is_limited(tmp_path: Path):
    done = shell("exec dd if=/dev/zero of=big bs=1M count=2", cwd=tmp_path, limits=Limits(file_size=1024**2))
    assert done.returncode == -signal.SIGXFSZ
    assert (tmp_path / "big").stat().st_size == 1024**2


def test_no_core_dumps():
    assert shell("ulimit -c").stdout == b"0\n"


@pytest.mark.skipif(not Path("/proc/net/dev").exists(), reason="needs Linux")
def test_there_is_no_network_where_the_machine_allows_to_leave_it():
    allowed = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0
    if not allowed:
        pytest.skip("this machine allows no network namespaces")
    interfaces = shell("cat /proc/self/net/dev").stdout.decode().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] in ([], ["lo"])


def test_output_without_end_is_refused():
    with pytest.raises(LimitExceeded):
        shell("while :; do echo 0123456789012345678901234567890123456789; done", max_output=100_000)


def test_a_program_that_is_not_there():
    with pytest.raises(ToolMissing):
        asyncio.run(run(["/nowhere/ffmpeg"], timeout=5))


def test_a_working_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(CannotWrite):
        shell("true", cwd=tmp_path / "nowhere")


def test_it_runs_under_uvloop_too(tmp_path: Path):
    uvloop = pytest.importorskip("uvloop")
    (tmp_path / "a").write_bytes(b"content")
    with open_source(tmp_path / "a") as source, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        done = runner.run(run([SHELL, "-c", f"cat /proc/self/fd/{source}"], timeout=10, source=source))
    assert done.stdout == b"content"
