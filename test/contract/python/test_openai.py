"""The official openai client for Python."""

import json

import openai
import pytest
from conftest import WEATHER

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": WEATHER}}]


@pytest.fixture
def client(api_url):
    return openai.OpenAI(base_url=f"{api_url}/v1", api_key="unused")


def ask(mark, question="What is the capital of France?"):
    return [{"role": "user", "content": f"({mark}) {question}"}]


def test_completes(client, mark):
    completion = client.chat.completions.create(model="panel/three", messages=ask(mark))
    assert "Paris" in completion.choices[0].message.content
    assert completion.usage.total_tokens > 0
    assert completion._request_id


def test_streams_naively(client, mark):
    text = ""
    for chunk in client.chat.completions.create(model="panel/three", messages=ask(mark), stream=True):
        text += chunk.choices[0].delta.content or ""
    assert "Paris" in text


def test_streams_through_its_helper_with_usage(client, mark):
    with client.chat.completions.stream(model="panel/three", messages=ask(mark), stream_options={"include_usage": True}) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    assert "Paris" in completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens > 0


def test_calls_tools_and_sends_results_back(client, mark):
    question = ask(mark, "What is the weather in Paris?")
    with client.chat.completions.stream(model="panel/three", messages=question, tools=TOOLS) as stream:
        for _ in stream:
            pass
        first = stream.get_final_completion().choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assistant = {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}]}
    second = client.chat.completions.create(
        model="panel/three", tools=TOOLS, messages=[*question, assistant, {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}]
    )
    assert "Sunny" in second.choices[0].message.content


def test_raises_the_class_that_fits(client, mark):
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nobody/knows-this", messages=ask(mark))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="panel/three", messages=ask(mark), temperature=99)


def test_a_failed_quorum_is_one_request(client, mark, simulated):
    simulated.rules({"contains": mark, "effect": "500"})
    with pytest.raises(openai.InternalServerError) as failure:
        client.chat.completions.create(model="panel/three", messages=ask(mark))
    assert failure.value.code == "quorum_not_reached"
    assert len(simulated.requests(contains=mark)) == 9


def test_an_error_after_the_headers_is_raised(client, mark, simulated):
    simulated.rules({"contains": mark, "effect": "500"})
    with pytest.raises(openai.APIError) as failure:
        for _ in client.chat.completions.create(model="panel/three", messages=ask(mark), stream=True):
            pass
    assert failure.value.code == "quorum_not_reached"


def test_lists_and_retrieves_models(client):
    assert "trio" in [model.id for model in client.models.list()]
    assert client.models.retrieve("panel/three").id == "panel/three"


def test_parses_structured_output(client, mark):
    completion = client.chat.completions.create(
        model="panel/three",
        messages=ask(mark),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "capital", "strict": True, "schema": {"type": "object", "properties": {"capital": {"type": "string"}}, "required": ["capital"], "additionalProperties": False}},
        },
    )
    assert list(json.loads(completion.choices[0].message.content)) == ["capital"]
