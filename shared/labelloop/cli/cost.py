"""What a stack cost: what CloudWatch measured of it, times list prices."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from labelloop.cli import aws
from labelloop.cli.command import AsJson, Stack, ended
from labelloop.cli.report import Report
from labelloop.cli.usage import used
from labelloop.domain.prices import LEFT_OUT, PRICES, Usage, bill
from labelloop.errors import Rejected


def month(text: str) -> datetime:
    """Return when a month, `2026-11`, begins; BadParameter for other texts."""
    if not re.fullmatch(r"2\d{3}-(0[1-9]|1[0-2])", text):
        raise typer.BadParameter(f"{text}: expected a month, such as 2026-11")
    return datetime.fromisoformat(f"{text}-01T00:00:00+00:00")


def show_cost(
    begins: Annotated[
        datetime | None,
        typer.Option("--month", parser=month, metavar="YYYY-MM", help="default: this one, so far"),
    ] = None,
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Show what the stack cost in a month, by what it used and list prices. Needs AWS rights."""
    command = f"labelloop cost --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        now = datetime.now(UTC)
        start = begins or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if start > now:
            raise Rejected(f"{start:%Y-%m} has not begun", "leave --month out for this month")
        end = min(now, _next_month(start))
        _tell(used(aws.session(), stack, start, end), start, end, report)


def _next_month(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def _tell(usage: Usage, start: datetime, end: datetime, report: Report) -> None:
    items = list(bill(usage))
    total, left_out = sum(item.usd for item in items), list(_left_out(usage))
    report.data |= {"from": start.isoformat(), "to": end.isoformat(), "usd": round(total, 4)}
    report.data |= {"items": [asdict(item) for item in items], "left_out": left_out}
    report.data["prices"] = {"region": PRICES.region, "as_of": PRICES.as_of}
    table = Table("", "used", "USD", box=None)
    for item in items:
        table.add_row(item.name, item.used, f"{item.usd:.4f}")
    table.add_row("[bold]all[/]", f"{start:%Y-%m-%d} to {end:%Y-%m-%d}", f"[bold]{total:.4f}[/]")
    report.console.print(table)
    if not any(use.invocations for use in usage.functions.values()):
        report.say(
            "CloudWatch counted no invocation in this time; on the local stack it never does."
        )
    report.say(f"By list prices of {PRICES.region}, {PRICES.as_of}; other regions differ.")
    report.say(f"Left out: {'; '.join(left_out)}.")


def _left_out(usage: Usage) -> Iterator[str]:
    if usage.s3_writes is None:
        yield "requests to the bucket (it has no request metrics)"
    yield from LEFT_OUT
