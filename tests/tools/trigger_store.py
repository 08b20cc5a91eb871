# SPDX-License-Identifier: Apache-2.0
"""Where the real Prefect (trigger_reference.py) keeps its buckets and child firings: in SQLite by its own
statements, or in dictionaries that do what these statements do, in a tenth of the time. Both answer the recorded
scenarios alike."""
import contextlib
import copy
import dataclasses
import datetime as dt
import json
import typing
import uuid

import sqlalchemy as sa
import sqlalchemy.orm
from prefect.server.database import orm_models
from prefect.server.events import triggers as prefect

BUCKET = orm_models.AutomationBucket
CHILD_FIRING = orm_models.CompositeTriggerChildFiring


class Session:
    """Prefect's session on a connection without a thread of its own: the same statements."""

    def __init__(self, session):
        self._session = session
        self.get_bind = session.get_bind

    async def execute(self, *args, **kwargs):
        return self._session.execute(*args, **kwargs)

    async def refresh(self, row):
        self._session.refresh(row)

    async def commit(self):
        self._session.commit()


class Tables:
    def __init__(self):
        self.engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        for table in (BUCKET.__table__, CHILD_FIRING.__table__):
            table.create(self.engine)

    def install(self):
        prefect.automations_session = self.session

    @contextlib.asynccontextmanager
    async def session(self, begin_transaction=False):
        with sqlalchemy.orm.Session(self.engine, expire_on_commit=False) as session:
            yield Session(session)

    def clear(self):
        with self.engine.begin() as connection:
            connection.execute(sa.delete(BUCKET))
            connection.execute(sa.delete(CHILD_FIRING))

    def forget(self, trigger_ids):
        with self.engine.begin() as connection:
            connection.execute(sa.delete(BUCKET).where(BUCKET.trigger_id.in_(trigger_ids)))
            connection.execute(sa.delete(CHILD_FIRING).where(CHILD_FIRING.parent_trigger_id.in_(trigger_ids)))

    def buckets(self):
        """Of each its trigger's id, its end and its count."""
        rows = sa.text('select trigger_id, "end", count from automation_bucket')
        with self.engine.connect() as connection:
            return [(uuid.UUID(trigger), dt.datetime.fromisoformat(end + "+00:00"), count)
                    for trigger, end, count in connection.execute(rows)]


@dataclasses.dataclass
class Bucket:
    automation_id: uuid.UUID
    trigger_id: uuid.UUID
    bucketing_key: typing.Tuple[str, ...]
    start: dt.datetime
    end: dt.datetime
    count: int
    last_event: typing.Any = None
    last_operation: str = ""


class ChildFiring:
    def __init__(self, child_firing):
        self.child_firing = child_firing


class NoSession:
    async def commit(self):
        pass


class Dictionaries:
    """Rows are handed out as copies, as they are when they are read."""

    def __init__(self):
        self.rows = {}    # (trigger's id, key) -> Bucket
        self.firings = {} # (parent's id, child's id) -> Firing

    def install(self):
        prefect.automations_session = self.session
        for name in ("ensure_bucket", "read_bucket", "increment_bucket", "start_new_bucket", "remove_bucket",
                     "remove_buckets_exceeding_threshold", "read_buckets_for_automation", "sweep_closed_buckets",
                     "acquire_composite_trigger_lock", "clear_old_child_firings", "upsert_child_firing",
                     "get_child_firings", "clear_child_firings"):
            setattr(prefect, name, getattr(self, name))

    @contextlib.asynccontextmanager
    async def session(self, begin_transaction=False):
        yield NoSession()

    def clear(self):
        self.rows.clear()
        self.firings.clear()

    def forget(self, trigger_ids):
        self.rows = {k: b for k, b in self.rows.items() if k[0] not in trigger_ids}
        self.firings = {k: f for k, f in self.firings.items() if k[0] not in trigger_ids}

    def buckets(self):
        return [(b.trigger_id, b.end, b.count) for b in self.rows.values()]

    # ---- what Prefect does with its tables ----

    def put(self, trigger, key, start, end, count, last_event):
        bucket = Bucket(trigger.automation.id, trigger.id, tuple(key), start, end, count, last_event)
        self.rows[trigger.id, bucket.bucketing_key] = bucket
        return copy.copy(bucket)

    async def ensure_bucket(self, _session, trigger, bucketing_key, start, end, last_event, initial_count=0):
        bucket = self.rows.get((trigger.id, tuple(bucketing_key)))
        if bucket is None:
            return self.put(trigger, bucketing_key, start, end, initial_count, last_event)
        bucket.last_event = last_event or bucket.last_event
        return copy.copy(bucket)

    async def read_bucket(self, _session, trigger, bucketing_key):
        return copy.copy(self.rows.get((trigger.id, tuple(bucketing_key))))

    async def increment_bucket(self, _session, bucket, count, last_event):
        row = self.rows.get((bucket.trigger_id, bucket.bucketing_key))
        if row is None:
            row = dataclasses.replace(bucket, count=count, last_event=None)
            self.rows[bucket.trigger_id, bucket.bucketing_key] = row
        else:
            row.count += count
            row.last_event = last_event or row.last_event
        return copy.copy(row)

    async def start_new_bucket(self, _session, trigger, bucketing_key, start, end, count, last_event=None):
        return self.put(trigger, bucketing_key, start, end, count, last_event)

    async def remove_bucket(self, _session, bucket):
        self.rows.pop((bucket.trigger_id, tuple(bucket.bucketing_key)), None)

    async def remove_buckets_exceeding_threshold(self, _session, trigger):
        self.rows = {k: b for k, b in self.rows.items() if k[0] != trigger.id or b.count < trigger.threshold}

    async def read_buckets_for_automation(self, _session, trigger):
        """SQLite finds them by an index whose last column is the key, and sorts them by their starts."""
        rows = [copy.copy(b) for b in self.rows.values() if b.trigger_id == trigger.id]
        for bucket in sorted(rows, key=lambda b: (b.start, json.dumps(b.bucketing_key))):
            yield bucket

    async def sweep_closed_buckets(self, _session, older_than):
        self.rows = {k: b for k, b in self.rows.items() if b.end > older_than}

    async def acquire_composite_trigger_lock(self, _session, _trigger):
        pass

    async def clear_old_child_firings(self, _session, trigger, fired_before):
        self.firings = {k: f for k, f in self.firings.items() if k[0] != trigger.id or f.triggered >= fired_before}

    async def upsert_child_firing(self, _session, firing):
        self.firings[firing.trigger.parent.id, firing.trigger.id] = firing

    async def get_child_firings(self, _session, trigger):
        return [ChildFiring(f) for k, f in self.firings.items() if k[0] == trigger.id and k[1] in trigger.child_trigger_ids]

    async def clear_child_firings(self, _session, trigger, firing_ids):
        gone = {k: f.id for k, f in self.firings.items() if k[0] == trigger.id and f.id in firing_ids}
        for key in gone:
            del self.firings[key]
        return set(gone.values())
