"""A signed export of a run, verified with nothing of ours: zipfile, hashlib, and Ed25519 of `cryptography`."""

import base64
import binascii
import hashlib
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import time
import urllib.request
import zipfile

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAMES = ["results.json", "manifest.json", "signature.txt", "public_key.txt"]


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(url, data=data, headers={"content-type": "application/json"})).read()


@pytest.fixture
def export(api_url):
    body = {"model_id": "panel/three", "selected_benchmarks": ["conclave-mini"], "subset_count": 4, "epochs": 2}
    run_id = json.loads(ask(f"{api_url}/api/runs", body))["id"]
    end = time.monotonic() + 60
    while (status := json.loads(ask(f"{api_url}/api/runs/{run_id}"))["status"]) in ("queued", "running"):
        assert time.monotonic() < end, status
        time.sleep(0.2)
    assert status == "succeeded"
    with zipfile.ZipFile(io.BytesIO(ask(f"{api_url}/api/runs/{run_id}/export?format=zip"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == NAMES
        return run_id, {name: archive.read(name) for name in NAMES}


def decoded(text):
    """What base64 in one line says; another spelling of the same bytes is refused."""
    found = base64.b64decode(text, validate=False)
    assert base64.b64encode(found) + b"\n" == text
    return found


def is_valid(files, trusted):
    try:
        key = decoded(files["public_key.txt"])
        assert key == trusted
        Ed25519PublicKey.from_public_bytes(key).verify(decoded(files["signature.txt"]), files["manifest.json"])
        listed = json.loads(files["manifest.json"])["files"]
        for name, entry in listed.items():
            assert len(files[name]) == entry["bytes"] and hashlib.sha256(files[name]).hexdigest() == entry["sha256"]
        return list(listed) == ["results.json"]
    except (AssertionError, InvalidSignature, binascii.Error, ValueError):
        return False


def test_verifies_and_fails_with_any_changed_byte(api_url, export):
    run_id, files = export
    published = json.loads(ask(f"{api_url}/api/exports/public-key"))
    trusted = base64.b64decode(published["public_key"])
    assert hashlib.sha256(trusted).hexdigest() == published["public_key_fingerprint"]
    assert is_valid(files, trusted)

    draw = random.Random(run_id)
    for name, content in files.items():
        # Each byte of the small ones; of the results, which one hash covers, some.
        places = range(len(content)) if len(content) < 200 else sorted({0, len(content) - 1, *draw.sample(range(len(content)), 300)})
        for place in places:
            changed = bytearray(content)
            changed[place] ^= 1 << draw.randrange(8)
            assert not is_valid({**files, name: bytes(changed)}, trusted), (name, place)
        assert not is_valid({**files, name: content[:-1]}, trusted), name
        assert not is_valid({**files, name: content + b"\n"}, trusted), name


def test_says_what_was_measured(export):
    run_id, files = export
    manifest, results = json.loads(files["manifest.json"]), json.loads(files["results.json"])
    # RFC 8785, whose order of keys and numbers are Python's own for what stands in it.
    assert json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == files["manifest.json"]
    assert manifest["run_id"] == run_id == results["run"]["id"]
    assert manifest["key_id"] == hashlib.sha256(decoded(files["public_key.txt"])).hexdigest()
    assert manifest["run"]["panel"]["name"] == "three"
    assert [member["label"] for member in manifest["run"]["plan"]["members"]] == ["simulated/alder", "simulated/birch", "simulated/cedar"]
    assert manifest["run"]["price_snapshot"] and manifest["code_version"] and manifest["seed"] == "conclave"
    (benchmark,) = manifest["benchmarks"]
    assert benchmark["scorer_version"] and len(benchmark["prompt_hash"]) == 64
    assert all(len(file["sha256"]) == 64 for file in benchmark["dataset"]["files"])
    samples = results["benchmarks"][0]["samples"]
    assert [(sample["ordinal"], sample["epoch"]) for sample in samples] == [(index, index // 4) for index in range(8)]
    assert benchmark["summary"]["correct"] == sum(sample["verdict"] == "correct" for sample in samples)


def test_verifies_by_the_lines_of_the_guide(api_url, export, tmp_path):
    guide = pathlib.Path(__file__, "../../../../docs/guides/benchmarks.md").resolve().read_text()
    (lines,) = [code for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "Ed25519PublicKey" in code]
    script = tmp_path / "verify.py"
    script.write_text(lines)
    _, files = export
    trusted = json.loads(ask(f"{api_url}/api/exports/public-key"))["public_key_fingerprint"]

    def verified(changes, key=trusted):
        path = tmp_path / "run.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**files, **changes}.items():
                archive.writestr(name, content)
        done = subprocess.run([sys.executable, script, path, key], capture_output=True, text=True)
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    assert verified({}) == f"valid: {tmp_path / 'run.zip'}"
    assert verified({"results.json": files["results.json"] + b" "}) == "AssertionError: results.json was changed"
    assert verified({"manifest.json": files["manifest.json"].replace(b"ed25519", b"ed25518")}).endswith("InvalidSignature")
    assert verified({}, "0" * 64) == "AssertionError: signed by another key"
