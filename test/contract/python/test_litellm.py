"""LiteLLM as a client: what most proxies and agents in Python speak through."""

import json

import litellm
import pytest
from conftest import WEATHER

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": WEATHER}}]


def complete(api_url, mark, question="What is the capital of France?", **more):
    messages = more.pop("messages", [{"role": "user", "content": f"({mark}) {question}"}])
    return litellm.completion(model="openai/panel/three", api_base=f"{api_url}/v1", api_key="unused", messages=messages, **more)


def test_completes(api_url, mark):
    answer = complete(api_url, mark)
    assert "Paris" in answer.choices[0].message.content
    assert answer.usage.total_tokens > 0


def test_streams(api_url, mark):
    text = "".join(chunk.choices[0].delta.content or "" for chunk in complete(api_url, mark, stream=True))
    assert "Paris" in text


def test_reports_our_usage_and_not_an_estimate_of_its_own(api_url, mark):
    chunks = list(complete(api_url, mark, stream=True, stream_options={"include_usage": True}))
    usage = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    # A council sums seven calls: far more than the one question and answer that an estimate sees.
    assert usage[-1].prompt_tokens > 300


def test_calls_tools(api_url, mark):
    answer = complete(api_url, mark, "What is the weather in Paris?", tools=TOOLS)
    call = answer.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert answer.choices[0].finish_reason == "tool_calls"


def test_anthropic_route(api_url, mark):
    answer = litellm.completion(
        model="anthropic/panel/three", api_base=api_url, api_key="unused", messages=[{"role": "user", "content": f"({mark}) What is the capital of France?"}]
    )
    assert "Paris" in answer.choices[0].message.content


def test_raises_the_class_that_fits(api_url, mark):
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(
            model="openai/nobody/knows-this", api_base=f"{api_url}/v1", api_key="unused", messages=[{"role": "user", "content": mark}], num_retries=0
        )
