"""Keeps one comment on a pull request up to date: the GitHub Action calls it with the report in Markdown, when it is asked to.

Usage: `python -I tools/action_comment.py REPORT.md`, with `TOKEN` and the variables that a runner of GitHub Actions sets.
The token stands in a header only, never on a command line. Source: GitHub REST API, "Issue comments", version 2022-11-28.
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

MOST_CHARACTERS = 65_536
"""What the body of a comment may have."""

PAGES = 10
"""How many pages of a hundred comments are looked through."""

SECONDS = 30

OWN_NAME = "github-actions[bot]"
"""Who writes with the token of a job, which cannot ask for its own name."""


def main(arguments: list[str]) -> int:
    """Write the comment anew, or the first time; return 1, and say why, where that cannot be done."""
    body = f"{marker()}\n{Path(arguments[0]).read_text(encoding='utf-8')}"[:MOST_CHARACTERS]
    try:
        number = int(json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["pull_request"]["number"])
        present = own_comment(number)
        if present is None:
            ask("POST", f"issues/{number}/comments", {"body": body})
        else:
            ask("PATCH", f"issues/comments/{present}", {"body": body})
    except (KeyError, TypeError, ValueError, OSError) as error:  # HTTP errors are OSErrors
        print(f"k8slblint: {type(error).__name__}: {getattr(error, 'code', '') or getattr(error, 'reason', '') or error}", file=sys.stderr)
        return 1
    return 0


def marker() -> str:
    """Return the first line by which a comment of this job is known: no text of the repository, which may hold anything."""
    job = "\n".join(os.environ.get(name, "") for name in ("GITHUB_WORKFLOW", "GITHUB_JOB"))
    return f"<!-- k8slblint report {hashlib.sha256(job.encode()).hexdigest()[:16]} -->"


def own_comment(number: int) -> int | None:
    """Return the id of the comment of this job, if there is one; what others wrote is never taken for it, whatever it says."""
    name = own_name()
    for page in range(1, PAGES + 1):
        comments = ask("GET", f"issues/{number}/comments?per_page=100&page={page}")
        for comment in comments:
            if comment["user"]["login"] == name and str(comment["body"]).startswith(marker()):
                return int(comment["id"])
        if len(comments) < 100:  # noqa: PLR2004 - the page is the last one
            return None
    return None


def own_name() -> str:
    """Return who writes with this token."""
    try:
        return str(ask("GET", "/user")["login"])
    except urllib.error.HTTPError:
        return OWN_NAME


def ask(method: str, path: str, content: dict[str, Any] | None = None) -> Any:
    """Ask the API, below the repository unless `path` begins with a slash. Raises `OSError`, `KeyError`."""
    api = os.environ["GITHUB_API_URL"]
    url = f"{api}{path}" if path.startswith("/") else f"{api}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['TOKEN']}",
        "Content-Type": "application/json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the address that the runner gives
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same
        return json.loads(answer.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
