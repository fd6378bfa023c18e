"""The table of GPUs, compared with published figures, and names in every spelling."""

import pytest

from gptcore.training.hardware.gpus import GIB, GPUS, find_gpu, gpu_of_device


def test_every_figure_has_a_source_and_is_possible():
    assert len({gpu.name for gpu in GPUS.values()}) == len(GPUS)
    for gpu in GPUS.values():
        assert gpu.specs_source and gpu.peak_source and gpu.mfu_source
        assert 0 < gpu.mfu < 1 and 0 < gpu.usable_fraction < 1
        assert 8 * GIB <= gpu.memory_bytes < 256 * GIB and 30 < gpu.watts <= 1000
        assert gpu.dtype in ("bfloat16", "float16", "float32")
        assert 1e12 < gpu.flops_per_second < 3e15


# TFLOP/s as NVIDIA's and Apple's own papers print them: bf16 or fp16, sums in 32 bits, dense
PUBLISHED = {
    **{"rtx2080ti": 53.8, "rtx3090": 71, "rtx3080": 59.5, "rtx4090": 165.2, "rtx4080": 97.5},
    **{"rtx5090": 209.5, "a100-40": 312, "h100": 989, "m1": 2.6, "m1-max": 10.4, "m2": 3.6},
    **{"m2-ultra": 27.2},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_peaks_are_those_that_makers_print(name):
    assert find_gpu(name).flops_per_second / 1e12 == pytest.approx(PUBLISHED[name], rel=0.025)


@pytest.mark.parametrize(
    "spelling", ["rtx4070", "RTX 4070", "4070", "rtx-4070", "GeForce RTX 4070"]
)
def test_a_gpu_is_found_in_every_spelling(spelling):
    assert find_gpu(spelling).name == "rtx4070"


@pytest.mark.parametrize(
    "printed, name",
    [
        ("NVIDIA GeForce RTX 4070", "rtx4070"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx4070tisuper"),
        ("NVIDIA A100-SXM4-80GB", "a100-80"),
        ("NVIDIA A100-PCIE-40GB", "a100-40"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H200", "h200"),
        ("Tesla T4", "t4"),
        ("Tesla V100-SXM2-32GB", "v100-32"),
        ("NVIDIA L4", "l4"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA RTX A6000", "a6000"),
        ("AMD Instinct MI300X", "mi300x"),
        ("Apple M2 Pro", "m2-pro"),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", None),
        ("NVIDIA GeForce RTX 3080 Ti", None),
        ("Quadro RTX 8000", None),
    ],
)
def test_the_name_that_a_driver_reports_finds_the_gpu_or_none(printed, name):
    gpu = gpu_of_device(printed)
    assert (gpu and gpu.name) == name


def test_the_memory_that_the_driver_reports_decides():
    assert gpu_of_device("NVIDIA GeForce RTX 4060 Ti", 8 * GIB).name == "rtx4060ti-8"
    assert gpu_of_device("NVIDIA GeForce RTX 4070", 11 * GIB).memory_bytes == 11 * GIB


@pytest.mark.parametrize(
    "name, near",
    [("a100", "a100-40 or a100-80"), ("rtx4071", "rtx4070"), ("h300", "h200 or h100")],
)
def test_the_message_for_an_unknown_gpu_proposes_names_that_exist(name, near):
    with pytest.raises(ValueError, match=f"There is no GPU '{name}' .* Did you mean {near}"):
        find_gpu(name)
    for proposed in near.split(" or "):
        assert find_gpu(proposed).name == proposed


def test_the_cpu_of_this_machine_is_found_too():
    gpu = find_gpu("cpu")
    assert gpu.dtype == "float32" and gpu.memory_bytes > 2**28 and gpu.flops_per_second > 1e10
