"""The sandbox as a web application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from core.fortnox.sandbox import control, gateway, login
from core.fortnox.sandbox.world import World

METHODS = ["GET", "POST", "PUT", "DELETE"]


def build(world: World) -> Starlette:
    """The application over a world."""
    app = Starlette(
        routes=[
            Route("/oauth-v1/auth", login.authorize, methods=["GET", "POST"]),
            Route("/oauth-v1/token", login.token, methods=["POST"]),
            Route("/oauth-v1/revoke", login.revoke, methods=["POST"]),
            Route("/3/{path:path}", gateway.serve, methods=METHODS),
            Route("/control", control.control_page, methods=["GET", "POST"]),
            Route("/control/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/control/limit", control.limit, methods=["GET", "POST"]),
            Route("/control/clock", control.clock, methods=["GET", "POST"]),
            Route("/control/requests", control.requests, methods=["GET", "DELETE"]),
            Route("/control/books/{tenant}", control.books),
            Route("/control/tenants/{tenant}", control.tenant_state, methods=["POST"]),
            Route(
                "/control/vouchers/{tenant}/{year:int}/{series}",
                control.series_vouchers,
                methods=["POST", "PUT", "DELETE"],
            ),
        ]
    )
    app.state.world = world
    return app
