"""A city hall at the page: people of each role in browsers of their own, and what they do there."""

import re
import subprocess
from datetime import timedelta
from zoneinfo import ZoneInfo

from appliance.index_row import iso
from appliance.office.documents import LineFile, Medium, Request, Restriction
from tests.web_min.rig import NAME, Rig, call, profile_of, speechlike


def words_of(made):
    """Return the words of a PDF, without spaces."""
    run = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    return "".join(run.stdout.decode().split())


def clause(*names):
    """Say which clauses of the rule a test is about."""

    def mark(test):
        test.clauses = names
        return test

    return mark


def clauses_tested(module):
    return {name for each in vars(module).values() for name in getattr(each, "clauses", ())}


class Hall(Rig):
    """One city's page with its people; `people` are their browsers, `ids` their ids."""

    def __init__(self, folder, policy, people, first_department, first_role="operator"):
        super().__init__(folder, policy=policy, zone=ZoneInfo(profile_of(policy).city.timezone))
        self.registry.place("p1", first_role, first_department, "")
        self.sign_in()
        self.people, self.ids, self.names = {"operator": self.client}, {"operator": "p1"}, {}
        for who, (name, role, department) in people.items():
            self.people[who] = self.person(name, role, department)
            self.ids[who] = self.registry.person_named(name).id
            self.names[who] = name
        self.recorded = self.add(call(), speechlike(2.0), permit=False)
        self.recorder.done.clear()

    def days(self, count):
        """Let days pass, or a part of one; whoever was signed in has to sign in again."""
        self.clock.passed_s += timedelta(days=count).total_seconds()
        for who, client in self.people.items():
            assert self.sign_in(self.names.get(who, NAME), client=client).status_code == 303

    def erase(self):
        """The recorder has erased the call that all is about."""
        self.recorded = call(erased=self.clock.now())
        self.index.put(self.recorded)

    # ------------------------------------------------------------ at the browsers

    def do(self, who, path, **form):
        """Send a form; return the answer's status."""
        return self.post(path, self.people[who], **form).status_code

    def act(self, who, act, of="r1", **form):
        """Do an act with a document of the office: r1, m1, x1 or l9."""
        area = {"r": "requests", "m": "media", "x": "restrictions", "l": "lines"}[of[0]]
        return self.do(who, f"/{area}/{of[1:] if of[0] == 'l' else of}/{act}", **form)

    def listen(self, who):
        return self.do(who, f"/calls/{self.recorded.id}/listen")

    def page(self, who, path):
        """Return the words of a page."""
        shown = self.get(path, self.people[who]).text
        return " ".join(re.sub(r"<[^>]+>", " ", shown).split())

    def status(self, who, path):
        return self.get(path, self.people[who]).status_code

    def paper(self, who, path):
        """Return the words of a form, without spaces."""
        made = self.get(path, self.people[who])
        assert made.mimetype == "application/pdf", made.status_code
        return words_of(made.data)

    # ------------------------------------------------------------ what is known afterwards

    def document(self, of):
        kinds = {"r": Request, "m": Medium, "x": Restriction, "l": LineFile}
        return self.parts.cabinet.get(kinds[of[0]], of)

    def state(self, of="r1"):
        return self.document(of).state

    def refused(self):
        """Return the newest refusal in the ledger: why, and the clause."""
        facts = self.recorder.notes("refused")[-1][2]
        return facts["why"], facts["clause"]

    def now(self):
        return iso(self.clock.now())
