"""The docs page: the OpenAPI document as plain HTML. No script, no font, no picture, nothing from elsewhere. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from hub.api.problems import KINDS

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.6 "Pretendard", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif;
  max-width: 62rem; margin: 0 auto; padding: 1.5rem; word-break: keep-all; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; }
code { font-family: ui-monospace, "D2Coding", Consolas, monospace; font-size: .92em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .92rem; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
section { border-top: 1px solid var(--line); padding-top: .4rem; margin-top: 1.6rem; }
summary { cursor: pointer; }
nav ul { columns: 20rem; padding-left: 1.1rem; }
.method { font-weight: 700; }
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""Of this page: its own style sheet, known by its hash, and nothing else."""

Json = Mapping[str, Any]


def docs_page(document: Json) -> str:
    """Return the page as HTML."""
    body = "\n".join(_body(document))
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html>\n<html lang="ko"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body>\n<h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _body(document: Json) -> Iterator[str]:
    yield f"<p>{_prose(document['info']['description'])}</p>"
    yield '<p>OpenAPI 3.1: <a href="/openapi.json"><code>/openapi.json</code></a></p>'
    operations = list(_operations(document))
    links = "".join(
        f'<li><a href="#{escape(operation["operationId"])}">{escape(operation["summary"])}</a></li>'
        for _, _, operation in operations
    )
    yield f'<nav aria-label="목차"><ul>{links}<li><a href="#security">인증</a></li>'
    yield '<li><a href="#problems">오류</a></li><li><a href="#schemas">자료형</a></li></ul></nav>'
    for path, method, operation in operations:
        yield from _operation(path, method, operation)
    yield '<section id="security"><h2>인증 (security)</h2>'
    yield _table(["방식", "형식", "설명"], map(_way, document["components"]["securitySchemes"].items()))
    yield '</section><section id="problems"><h2>오류 (problems)</h2>'
    rows = ([f"<code>{kind.uri}</code>", str(kind.status), escape(kind.title), escape(kind.detail)] for kind in KINDS)
    yield _table(["type", "status", "title", "detail"], rows)
    yield '</section><section id="schemas"><h2>자료형 (schemas)</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _schema(name, schema)
    yield "</section>"


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h2>{escape(operation["summary"])}</h2>'
    yield f'<p><span class="method">{method.upper()}</span> <code>{escape(path)}</code></p>'
    yield f"<p>{_prose(operation.get('description', ''))}</p>"
    yield f"<p>{_needed(operation)}</p>"
    if operation.get("parameters"):
        yield _table(["매개변수", "위치", "형식", "설명"], map(_parameter, operation["parameters"]))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        example = escape(json.dumps(content["example"], ensure_ascii=False, indent=2))
        yield f"<details><summary>본문: {_type(content['schema'])}, 예시</summary><pre>{example}</pre></details>"
    yield _table(["응답", "설명", "형식"], (_answer(*answer) for answer in operation["responses"].items()))
    yield "</section>"


def _way(scheme: tuple[str, Json]) -> list[str]:
    name, said = scheme
    return [f"<code>{name}</code>", f"<code>Bearer {escape(said['bearerFormat'])}</code>", _prose(said["description"])]


def _needed(operation: Json) -> str:
    scopes = dict.fromkeys(scope for way in operation.get("security", ()) for named in way.values() for scope in named)
    if not scopes:
        return "권한: 나루의 키가 필요 없습니다"
    choice = " 가운데 하나" if len(scopes) > 1 else ""
    return f"권한{choice}: {', '.join(f'<code>{escape(scope)}</code>' for scope in scopes)}"


def _parameter(parameter: Json) -> list[str]:
    name = f"<code>{escape(parameter['name'])}</code>" + (" (필수)" if parameter.get("required") else "")
    return [name, parameter["in"], _type(parameter["schema"]), _prose(parameter.get("description", ""))]


def _answer(status: str, answer: Json) -> list[str]:
    kinds = ", ".join(
        f"<code>{escape(media)}</code> {_type(content.get('schema', {}))}"
        for media, content in answer.get("content", {}).items()
    )
    return [status, _prose(answer["description"]), kinds]


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f'<details id="schema-{escape(name)}" open><summary><code>{escape(name)}</code></summary>'
    yield f"<p>{_prose(schema.get('description', ''))}</p>"
    if "properties" in schema:
        required = schema.get("required", ())
        rows = (
            [
                f"<code>{escape(field)}</code>" + (" (필수)" if field in required else ""),
                _type(inner),
                _prose(inner.get("description", "")),
            ]
            for field, inner in schema["properties"].items()
        )
        yield _table(["항목", "형식", "설명"], rows)
    else:
        yield f"<p>{_type(schema)}</p>"
    yield "</details>"


def _type(schema: Json) -> str:
    """Say a JSON Schema in a line."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    for key in ("anyOf", "allOf", "oneOf"):
        if key in schema:
            return " | ".join(_type(part) for part in schema[key])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if values:
        return " | ".join(f"<code>{escape(json.dumps(value, ensure_ascii=False))}</code>" for value in values)
    said = escape(str(schema.get("type", "*")))
    limits = ("format", "pattern", "minLength", "maxLength", "minimum", "maximum")
    extra = ", ".join(f"{limit} <code>{escape(str(schema[limit]))}</code>" for limit in limits if limit in schema)
    return f"{said} ({extra})" if extra else said


def _prose(text: str) -> str:
    """Escape a text; its line breaks stay, and what stands in backquotes is code."""
    parts = escape(text).split("`")
    marked = (f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
    return "".join(marked).replace("\n", "<br>\n")


def _table(heads: list[str], rows: Any) -> str:
    head = "".join(f'<th scope="col">{escape(said)}</th>' for said in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
