"""What every contract spec in Python needs: the service's address, a client of the simulated provider's control, a word of its own."""

import json
import os
import urllib.parse
import urllib.request
import uuid

import pytest

STACK = json.loads(os.environ["CONCLAVE_TEST_STACK"])
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}


@pytest.fixture
def api_url() -> str:
    return STACK["apiUrl"]


@pytest.fixture
def mark() -> str:
    """A word that no other test says."""
    return f"mark-{uuid.uuid4().hex[:12]}"


class Simulated:
    """The control endpoints of the simulated provider."""

    def rules(self, *rules: dict) -> None:
        body = json.dumps({"rules": list(rules)}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{STACK['simulatedUrl']}/control", data=body, method="POST")).read()

    def requests(self, **match: str) -> list[dict]:
        query = urllib.parse.urlencode({**match, "limit": "2000"})
        return json.load(urllib.request.urlopen(f"{STACK['simulatedUrl']}/requests?{query}"))["requests"]


@pytest.fixture
def simulated() -> Simulated:
    return Simulated()
