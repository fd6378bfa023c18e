"""The state of a server as Prometheus reads it, and as a person does.

Source: https://prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4).
"""

from collections import Counter

from gptcore.serving.http.engine_thread import EngineThread

Row = tuple[str, str, str, float]  # name, type, help, value


def metric_rows(engine: EngineThread) -> list[Row]:
    """Names, types, descriptions and values.

    Args:
        engine: In its thread; a number may be of the step that runs now.
    """
    totals, pool = engine.engine.totals, engine.engine.pool
    first = engine.first_tokens
    return [
        ("requests_running", "gauge", "Texts that are written now.", engine.engine.num_running),
        ("requests_waiting", "gauge", "Texts in the queue.", engine.engine.num_waiting),
        ("kv_blocks_used", "gauge", "Blocks of the KV cache that are held.", pool.num_used),
        ("kv_blocks", "gauge", "Blocks of the KV cache.", pool.num_blocks),
        ("prompt_tokens_total", "counter", "Tokens of prompts.", totals.prompt_tokens),
        ("cached_tokens_total", "counter", "Tokens found in the cache.", totals.cached_tokens),
        ("generated_tokens_total", "counter", "Tokens written.", totals.generated_tokens),
        ("preemptions_total", "counter", "Texts that gave up their blocks.", totals.preemptions),
        ("steps_total", "counter", "Steps of the engine.", totals.steps),
        ("first_token_seconds_sum", "counter", "Seconds until first tokens.", first.seconds),
        ("first_token_seconds_count", "counter", "First tokens.", first.count),
    ]


def prometheus_text(engine: EngineThread, responses: Counter[int]) -> str:
    """All metrics in Prometheus' text format.

    Args:
        engine: In its thread.
        responses: How often each status was answered.
    """
    lines = []
    for name, kind, text, value in metric_rows(engine):
        lines += [f"# HELP gptcore_{name} {text}", f"# TYPE gptcore_{name} {kind}"]
        lines += [f"gptcore_{name} {value:g}" if value < 1e6 else f"gptcore_{name} {value}"]
    lines += ["# HELP gptcore_responses_total Answers of the server, by status."]
    lines += ["# TYPE gptcore_responses_total counter"]
    for status, count in sorted(responses.items()):
        lines.append(f'gptcore_responses_total{{status="{status}"}} {count}')
    return "\n".join(lines) + "\n"
