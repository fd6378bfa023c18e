"""What `gptcore doctor` finds on machines of all kinds, most of them simulated."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from gptcore import cli
from gptcore.model import GPTConfig
from gptcore.training import TrainConfig, budget, gpu_of_device, measure_throughput
from gptcore.training.hardware import doctor
from gptcore.training.hardware import system as machine
from gptcore.training.hardware.system import NvidiaGpu
from gptcore.training.throughput import Throughput

GIB = 2**30
RTX4070 = NvidiaGpu("NVIDIA GeForce RTX 4070", "550.54", 12 * GIB, 1 * GIB)


def fake_torch(cuda=False, bf16=True, built="12.8", name="NVIDIA GeForce RTX 4070"):
    """As much of PyTorch as the doctor looks at."""
    return SimpleNamespace(
        __version__="2.13.0",
        version=SimpleNamespace(cuda=built, hip=None),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False)),
        cuda=SimpleNamespace(
            is_available=lambda: cuda,
            get_device_name=lambda index: name,
            is_bf16_supported=lambda including_emulation: bf16,
            mem_get_info=lambda index: (8 * GIB, 12 * GIB),
        ),
    )


@pytest.fixture
def on(monkeypatch):
    """Findings by name, on a simulated machine."""

    def examine(torch=None, gpus=(), system="Linux", release="6.8.0", **of_machine):
        monkeypatch.setattr(doctor, "import_torch", lambda: torch)
        monkeypatch.setattr(machine, "list_nvidia_gpus", lambda: list(gpus))
        monkeypatch.setattr(doctor.platform, "system", lambda: system)
        monkeypatch.setattr(doctor.platform, "release", lambda: release)
        for name, run_command in of_machine.items():
            monkeypatch.setattr(machine, name, lambda *_, run_command=run_command: run_command)
        return {finding.name: finding for finding in doctor.examine()}

    return examine


def test_a_good_machine_has_only_ok_findings(on, monkeypatch, tmp_path):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    (tmp_path / "fineweb" / "CC-MAIN-2013-20").mkdir(parents=True)
    file = tmp_path / "fineweb" / "CC-MAIN-2013-20" / "000_00000.parquet"
    with open(file, "wb") as sparse:
        sparse.truncate(2_000_000_000)
    monkeypatch.setattr(doctor, "is_installed", lambda module: True)
    found = on(
        fake_torch(cuda=True),
        [RTX4070],
        cxx_compiler="/usr/bin/g++",
        has_python_headers=True,
        free_ram_bytes=16 * GIB,
        free_disk_bytes=100 * 10**9,
    )
    assert {finding.status for finding in found.values()} == {"ok"}
    assert found["device"].detail == "NVIDIA GeForce RTX 4070, driver 550.54 (rtx4070)"
    assert found["number formats"].detail.startswith("bfloat16")
    assert found["GPU's memory"].detail == "11.0 of 12.0 GiB free"
    assert found["FineWeb"].detail == "1 file, 2 GB"


@pytest.mark.parametrize("broken", [False, True])
def test_without_pytorch_the_advice_is_to_install_it(on, monkeypatch, broken):
    monkeypatch.setattr(doctor, "is_installed", lambda module: broken)
    found = on(None, [RTX4070])
    assert found["PyTorch"].status == "error"
    again = "--force-reinstall " if broken else ""
    assert f"pip install {again}torch safetensors (for a GPU" in found["PyTorch"].advice
    assert found["device"].detail.endswith("PyTorch is missing")
    assert "compiler" not in found and "texts" in found


def test_a_gpu_that_pytorch_cannot_use_is_an_error_with_the_reason(on):
    old = on(fake_torch(built="12.8"), [RTX4070])["device"]
    assert old.status == "error" and "driver is too old" in old.advice
    without = on(fake_torch(built=None), [RTX4070])["device"]
    assert without.status == "error" and "has no CUDA" in without.advice
    none = on(fake_torch())["device"]
    assert none.status == "warning" and none.detail.startswith("no GPU")


def test_windows_gets_advice_about_wsl2_and_wsl2_is_recognised(on):
    assert "wsl --install" in on(fake_torch(), system="Windows", release="11")["system"].advice
    inside = on(fake_torch(), release="5.15.0-microsoft-standard-WSL2")["system"]
    assert inside.status == "ok" and "WSL2" in inside.detail


def test_a_gpu_without_bf16_computes_in_fp16(on):
    turing = fake_torch(cuda=True, bf16=False, name="Tesla T4")
    found = on(turing, [NvidiaGpu("Tesla T4", "550", 15 * GIB, 0)])
    assert "no bfloat16" in found["number formats"].detail


def test_a_desktop_that_fills_the_gpu_is_a_warning_and_the_advice_works(on):
    crowded = NvidiaGpu("NVIDIA GeForce RTX 4070", "550", 12 * GIB, 4 * GIB)
    advice = on(fake_torch(cuda=True), [crowded])["GPU's memory"].advice
    assert advice.endswith("gptcore budget PRESET --memory_gib 8.0")
    assert cli.main(["budget", "fineweb-40m", "--gpu", "4070", "--memory_gib", "8.0"]) == 0


def test_a_gpu_that_is_not_in_the_table_is_still_a_gpu(on):
    laptop = "NVIDIA GeForce RTX 3080 Laptop GPU"
    found = on(fake_torch(cuda=True, name=laptop), [NvidiaGpu(laptop, "550", 8 * GIB, 0)])
    assert (
        found["device"].status == "ok" and "This GPU is not in the table" in found["device"].advice
    )


@pytest.mark.parametrize("system, way", [("Linux", "apt install g++"), ("Darwin", "xcode-select")])
def test_a_missing_compiler_is_named_with_how_to_install_it(on, system, way):
    found = on(fake_torch(), system=system, cxx_compiler=None, has_python_headers=False)["compiler"]
    assert found.status == "warning" and "a C++ compiler" in found.detail and way in found.advice
    assert ("Python.h" in found.detail) == (system == "Linux")


def test_little_memory_and_disk_are_warnings(on):
    found = on(fake_torch(), free_disk_bytes=10**9, free_ram_bytes=GIB)
    assert found["disk"].status == found["memory"].status == "warning"
    assert "GPTCORE_DATA" in found["disk"].advice


def test_missing_texts_come_with_the_command_that_downloads_them(on, monkeypatch, tmp_path):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "not yet there"))
    found = on(fake_torch())
    assert "names, stories" in found["texts"].detail
    assert found["texts"].advice.startswith("The others: gptcore fetch names-ssa shakespeare")
    assert "gptcore fetch fineweb:CC-MAIN-2013-20/000_00000" in found["FineWeb"].advice


# The system's answers


def test_nvidia_smi_is_parsed_and_without_it_there_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.list_nvidia_gpus() == [] and machine.run_command("nvidia-smi") is None
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA GeForce RTX 4070, 550.54, 12282, 812'\necho odd\n")
    tool.chmod(0o755)
    assert machine.list_nvidia_gpus() == [
        NvidiaGpu("NVIDIA GeForce RTX 4070", "550.54", 12282 * 2**20, 812 * 2**20)
    ]
    assert machine.local_gpu() == gpu_of_device("NVIDIA GeForce RTX 4070", 12282 * 2**20)
    tool.write_text("#!/bin/sh\necho 'no driver'\nexit 9\n")
    assert machine.list_nvidia_gpus() == []


def test_this_machine_answers():
    assert doctor.memory().status in ("ok", "warning")
    assert machine.free_disk_bytes(doctor.data_folder()) > 0
    assert all(finding.detail for finding in doctor.examine())


def test_a_gpu_that_is_not_in_the_table_is_not_used_for_a_budget(monkeypatch, capsys):
    laptop = NvidiaGpu("NVIDIA GeForce RTX 3080 Laptop GPU", "550", 8 * GIB, 0)
    monkeypatch.setattr(machine, "list_nvidia_gpus", lambda: [laptop])
    assert cli.main(["budget", "fineweb-40m"]) == 2
    assert "--gpu rtx4070 --memory_gib 8.0; or --gpu cpu" in capsys.readouterr().err
    assert cli.main(["budget", "fineweb-40m", "--gpu", "rtx4070", "--memory_gib", "8.0"]) == 0


# The rate


def test_throughput_is_measured_by_real_steps_and_accepted_by_the_budget():
    tiny = GPTConfig(vocab_size=32, block_size=16, n_layer=1, n_head=1, n_embd=8)
    rate = measure_throughput(
        tiny, TrainConfig(batch_size=4, grad_accum=2, warmup_steps=0), steps=5
    )
    assert (rate.steps, rate.device) == (5, "cpu") and rate.tokens_per_second > 0
    assert measure_throughput(tiny, TrainConfig(schedule="wsd"), steps=50, seconds=0).steps == 1
    plan = budget(tiny, tokens_per_second=rate.tokens_per_second)
    assert plan.hours == plan.tokens / rate.tokens_per_second / 3600


# The command


def test_json_has_all_findings(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    message = json.loads(capsys.readouterr().out)
    assert message["rate"] is None
    kinds = [finding["name"] for finding in message["findings"]]
    assert kinds[:3] == ["system", "PyTorch", "device"] and {"disk", "texts"} <= set(kinds)
    assert all(
        finding.keys() == {"name", "status", "detail", "advice"} for finding in message["findings"]
    )


def test_the_rate_option_prints_throughput_and_how_to_use_it(capsys, monkeypatch):
    measured = []

    def pretended(model, training):
        measured.append((model.n_embd, training.max_steps))
        return Throughput(1234.5, 20, "cpu", None)

    monkeypatch.setattr("gptcore.training.throughput.measure_throughput", pretended)
    assert cli.main(["doctor", "--rate", "--preset", "names"]) == 0
    out = capsys.readouterr().out
    assert "1,234 tokens/s on cpu; names, median of 20 steps" in out
    assert out.endswith("gptcore budget names --tokens_per_second 1234\n")
    assert measured == [(32, 1000)]


def test_a_misspelt_preset_is_refused_before_any_check(capsys):
    assert cli.main(["doctor", "--rate", "--preset", "fineweb40m"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Did you mean 'fineweb-40m'?" in err


WITHOUT_PYTORCH = """
import sys
class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Lacking())
from gptcore import cli
sys.exit(cli.main())
"""


@pytest.mark.parametrize(
    "arguments, code, out, err",
    [
        (["doctor"], 0, "!! PyTorch        is not installed", ""),
        (
            ["doctor", "--rate"],
            1,
            "!! PyTorch",
            "--rate needs torch, which is not installed: pip install torch",
        ),
        (["budget", "fineweb-40m", "--gpu", "4090"], 0, "40,953,216", ""),
    ],
    ids=lambda what: " ".join(what) if isinstance(what, list) else "",
)
@pytest.mark.slow
def test_it_runs_where_pytorch_is_not_installed(arguments, code, out, err):
    command = [sys.executable, "-c", WITHOUT_PYTORCH, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, bool(ran.stderr)) == (code, bool(err)), ran.stderr
    assert out in ran.stdout and err in ran.stderr
