"""What the city publishes: what is installed, why, how it works, for how long, and whom to ask.

Open to everybody, made from the profile alone: it tells of no call and no person. It prints.
"""

from flask import Blueprint, render_template

from web_min.parts import parts

bp = Blueprint("public", __name__)


@bp.get("/notice")
def notice() -> str:
    profile = parts().profile
    head = next((role for role in profile.role if "request.approve" in role.can), None)
    return render_template(
        "notice.html",
        purposes=profile.purpose,
        modes=profile.mode,
        retention=profile.retention,
        publication=profile.publication,
        place=profile.line_application.place or profile.safeguards.place,
        announcement=profile.notice.text,
        contact=head.held_by if head else "",
        lines=len(parts().lines),
    )
