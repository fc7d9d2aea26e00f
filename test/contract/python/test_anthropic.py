"""The official anthropic client for Python."""

import anthropic
import pytest
from conftest import WEATHER

TOOLS = [{"name": "get_weather", "description": "Weather of a city", "input_schema": WEATHER}]


@pytest.fixture
def client(api_url):
    return anthropic.Anthropic(base_url=api_url, api_key="unused")


def ask(mark, question="What is the capital of France?"):
    return [{"role": "user", "content": f"({mark}) {question}"}]


def test_creates_a_message(client, mark):
    message = client.messages.create(model="panel/three", max_tokens=500, system="Be brief.", messages=ask(mark))
    assert "Paris" in message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message._request_id


def test_streams_through_its_helper(client, mark):
    with client.messages.stream(model="panel/three", max_tokens=500, messages=ask(mark)) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert "Paris" in text
    assert message.usage.output_tokens > 0


def test_uses_tools_and_sends_results_back(client, mark):
    question = ask(mark, "What is the weather in Paris?")
    with client.messages.stream(model="panel/three", max_tokens=500, tools=TOOLS, messages=question) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.input == {"city": "Paris"}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Sunny"}]}
    second = client.messages.create(
        model="panel/three", max_tokens=500, tools=TOOLS, messages=[*question, {"role": "assistant", "content": first.content}, result]
    )
    assert "Sunny" in second.content[0].text


def test_raises_the_class_that_fits(client, mark):
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nobody/knows-this", max_tokens=10, messages=ask(mark))


def test_an_error_after_the_headers_is_raised(client, mark, simulated):
    simulated.rules({"contains": mark, "effect": "500"})
    with pytest.raises(anthropic.APIError):
        with client.messages.stream(model="panel/three", max_tokens=500, messages=ask(mark)) as stream:
            stream.get_final_message()
    assert len(simulated.requests(contains=mark)) == 9


def test_counts_tokens(client, mark):
    assert client.messages.count_tokens(model="panel/three", messages=ask(mark)).input_tokens > 5
