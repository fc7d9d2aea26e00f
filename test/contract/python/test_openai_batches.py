"""Batches of the official openai client for Python."""

import json
import time

import openai
import pytest


@pytest.fixture
def client(api_url):
    return openai.OpenAI(base_url=f"{api_url}/v1", api_key="unused")


def line(custom_id, model, mark):
    body = {"model": model, "messages": [{"role": "user", "content": f"({mark}) What is the capital of France?"}]}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})


def over(client, batch_id):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        batch = client.batches.retrieve(batch_id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.2)
    raise AssertionError(f"{batch_id} is {batch.status}")


@pytest.mark.parametrize("model", ["gpt-4o-mini", "panel/three", "composite/council/gpt-4o-mini"])
def test_submits_polls_and_reads(client, mark, tmp_path, model):
    path = tmp_path / "batch.jsonl"
    path.write_text("\n".join(line(f"{mark}-{index}", model, mark) for index in range(3)))
    file = client.files.create(file=path, purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"mark": mark})
    assert batch.status == "validating"
    done = over(client, batch.id)
    assert done.status == "completed"
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (3, 3, 0)
    assert done.metadata == {"mark": mark}
    lines = [json.loads(text) for text in client.files.content(done.output_file_id).text.splitlines()]
    assert [entry["custom_id"] for entry in lines] == [f"{mark}-{index}" for index in range(3)]
    for entry in lines:
        completion = openai.types.chat.ChatCompletion.model_validate(entry["response"]["body"])
        # Some simulated models are wrong now and then, as those they stand for.
        assert ("Paris" if model == "panel/three" else "") in completion.choices[0].message.content
        assert completion.choices[0].message.content
        assert completion.model == model
        assert completion.usage.total_tokens > 0


def test_cancels(client, mark):
    file = client.files.create(file=("a.jsonl", line("a", "openai/gpt-4o-mini", mark).encode()), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")
    assert over(client, batch.id).status == "cancelled"


def test_faults_and_errors(client):
    file = client.files.create(file=("a.jsonl", b"not json\n"), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    done = over(client, batch.id)
    assert done.status == "failed"
    assert [(error.line, error.code) for error in done.errors.data] == [(1, "invalid_json_line")]
    with pytest.raises(openai.ConflictError):
        client.files.delete(file.id)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve("file-none")
    with pytest.raises(openai.BadRequestError):
        client.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
