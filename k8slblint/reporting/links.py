"""Where the pages of rules are on the web."""

HOME = "https://github.com/k8slblint/k8slblint"


def page_of(rule_id: str) -> str:
    """Return the address of the page of a rule."""
    return f"{HOME}/blob/main/docs/rules/{rule_id}.md"


def schema_address(name: str) -> str:
    """Return the address of a schema, for editors."""
    return f"https://raw.githubusercontent.com/{HOME.removeprefix('https://github.com/')}/main/schemas/{name}.schema.json"
