"""Shapes from real forward passes, compared with PyTorch's and with pencil and paper."""

import re

import pytest

from viz import draw_shapes
from viz.architecture.forward_pass import FunctionCall, ModuleCall
from viz.architecture.shape_names import fold_repeats
from viz.canvas.picture import DARK_STYLE

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
B, T, C, H, V = 2, 7, 24, 4, 11  # all differ, also from D = 6


class Attention(nn.Module):
    def __init__(self, use_sdpa: bool):
        super().__init__()
        self.qkv, self.out, self.use_sdpa = nn.Linear(C, 3 * C), nn.Linear(C, C), use_sdpa

    def forward(self, x):
        q, k, v = (part.view(B, T, H, C // H).transpose(1, 2) for part in self.qkv(x).split(C, -1))
        if self.use_sdpa:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mixed = (q @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, use_sdpa: bool):
        super().__init__()
        self.norm, self.attend, self.drop = nn.LayerNorm(C), Attention(use_sdpa), nn.Dropout(0.5)
        self.mlp = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(), nn.Linear(4 * C, C))

    def forward(self, x):
        x = x + self.drop(self.attend(self.norm(x)))
        return x + self.mlp(x)


class Model(nn.Module):
    def __init__(self, use_sdpa: bool = True, layers: int = 3):
        super().__init__()
        self.tokens = nn.Embedding(V, C)
        self.positions = nn.Parameter(torch.zeros(T, C))
        self.blocks = nn.ModuleList(Block(use_sdpa) for _ in range(layers))
        self.head = nn.Linear(C, V, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids, *, scale: float = 1.0):
        x = self.tokens(ids) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(x) * scale, None


IDS = torch.zeros((B, T), dtype=torch.long)


def steps_of(part: ModuleCall) -> list:
    return [call.shape for call in part.calls if isinstance(call, FunctionCall)]


def find(root: ModuleCall, name: str) -> ModuleCall:
    stack = [root]
    while stack:
        part = stack.pop()
        if part.name == name:
            return part
        stack += [call for call in part.calls if isinstance(call, ModuleCall)]
    raise LookupError(name)


@pytest.mark.parametrize("use_sdpa", [True, False], ids=["fused", "written out"])
def test_the_head_split_is_found_in_what_was_really_computed(use_sdpa):
    picture = draw_shapes(Model(use_sdpa), IDS)
    attend = find(picture.data, "attend")
    assert attend.heads == (H, T, C // H)
    shapes = steps_of(attend)
    assert shapes[0] == (B, T, C)  # one of three
    assert (B, H, T, C // H) in shapes
    assert (B, H, T, T) in shapes
    assert shapes[-1] == (B, T, C)
    assert "24 numbers are cut into 4 heads of 6, each with 7 x 7 weights" in picture.alt
    assert "4 heads" in picture.to_svg()


def test_parameters_are_counted_as_pytorch_counts_them_and_shared_ones_are_named():
    model = Model()
    root = draw_shapes(model, IDS).data
    assert root.parameters == sum(p.numel() for p in model.parameters())
    block = sum(p.numel() for p in model.blocks[0].parameters())
    assert find(root, "blocks.0").parameters == block
    assert find(root, "head").tied_to == "tokens"
    assert root.direct_parameters == {"positions": T * C}
    html = draw_shapes(model, IDS).to_html()
    assert f"{V * C:,} parameters, those of tokens" in html
    assert f"positions: {T * C:,} parameters, used without a call" in html


def test_sizes_get_their_names_and_multiples_of_the_width_are_named():
    picture = draw_shapes(Model(), IDS)
    assert picture.alt.startswith("Model: (B, T) in, (B, T, V) out")
    for text in ("(B, T, 3C)", "(B, H, T, D)", "(B, H, T, T)", "(B, T, 4C)"):
        assert text in picture.to_html()
        assert text in picture.to_svg()


def test_two_sizes_that_are_equal_get_no_name():
    model = nn.Sequential(nn.Linear(5, 5))
    alt = draw_shapes(model, torch.zeros(5, 3, 5), dims={"B": 5, "T": 3, "C": 5}).alt
    assert alt.startswith("Sequential: (5, T, 5) in, (5, T, 5) out")


def test_equal_blocks_are_drawn_once_with_how_many_there_are():
    html = draw_shapes(Model(layers=3), IDS).to_html()
    assert html.count(">Block<") == 1
    assert "× 3, one after the other" in html
    assert html.count("<details") == html.count("</details>") == 4  # model, block, attention, mlp


def test_folding_keeps_all_calls():
    items = [FunctionCall(name, (1,)) for name in "abababccd"]
    folded = fold_repeats(items)
    assert [("".join(s.name for s in group), times) for group, times in folded] == [
        ("ab", 3), ("c", 2), ("d", 1)
    ]  # fmt: skip
    assert [s.name for group, times in folded for s in group * times] == list("abababccd")


def test_the_forward_pass_leaves_no_trace():
    model = Model().train()
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    draw_shapes(model, IDS)  # has dropout, which draws numbers
    assert torch.equal(torch.rand(3), wanted)
    assert model.training
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert all(p.grad is None for p in model.parameters())


def test_hooks_are_removed_also_after_an_error():
    model = Model()
    with pytest.raises(IndexError):
        draw_shapes(model, torch.full((B, T), V + 5))
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_on_the_meta_device_is_accepted():
    with torch.device("meta"):
        model = Model()
        picture = draw_shapes(model, torch.zeros((B, T), dtype=torch.long))
    assert picture.data.outputs == [(B, T, V)]


def test_arguments_may_be_several_or_named():
    assert draw_shapes(Model(), {"ids": IDS, "scale": 2.0}).data.outputs == [(B, T, V)]
    assert draw_shapes(
        nn.Bilinear(2, 3, 4), (torch.zeros(5, 2), torch.zeros(5, 3))
    ).data.outputs == [(5, 4)]


@pytest.mark.parametrize("given", [None, "model", lambda x: x], ids=["None", "text", "function"])
def test_anything_but_a_module_is_refused(given):
    with pytest.raises(ValueError, match="draw_shapes needs a torch module"):
        draw_shapes(given, IDS)


def test_it_needs_no_script_and_no_style_that_an_untrusted_page_drops():
    html = draw_shapes(Model(), IDS).to_html()
    assert not re.search("<(style|script|svg|iframe)", html.removesuffix(DARK_STYLE))
    assert "transform" not in html
    assert draw_shapes(Model(), IDS).to_html() == html
    assert len(html) < 100_000
