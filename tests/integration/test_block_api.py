# SPDX-License-Identifier: Apache-2.0
"""Blocks through Prefect's API, as its clients use it, and through our own."""
import base64
import json
import os
import shutil
import unittest

from fake_smtp import FakeSmtp
from harness import PLUGINS, Case, automation, tocsin, wait_for

MASK = "********"
SCHEMA = {"title": "Pager", "type": "object", "required": ["key"],
          "properties": {"key": {"type": "string", "format": "password", "writeOnly": True},
                         "room": {"type": "string", "default": "a"},
                         "extra": {"type": "object"}},
          "block_type_slug": "pager", "secret_fields": ["key", "extra.*"],
          "block_schema_references": {}}


class ApiCase(Case):
    def start(self, more="", **options):
        """more: lines of the configuration."""
        self.key = os.path.join(self.folder, "key")
        with open(self.key, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(base64.b64encode(os.urandom(32)).decode() + "\n")
        options.setdefault("configuration", f"store: {{secret_key: {{file: {self.key}}}}}\n{more}")
        self.d = self.daemon(**options).start()
        return self.d

    def ask(self, method, path, body=None, status=200, headers=None):
        got, text = self.d.ask(method, "/api" + path,
                               None if body is None else json.dumps(body).encode(), headers)
        self.assertEqual(got, status, text)
        return json.loads(text) if text else None

    def register(self):
        """A type of the client's own with its schema: their ids."""
        kind = self.ask("POST", "/block_types/", {"name": "Pager", "slug": "pager"}, 201)
        schema = self.ask("POST", "/block_schemas/", {
            "fields": SCHEMA, "block_type_id": kind["id"], "capabilities": ["notify"],
            "version": "1.0"}, 201)
        return kind["id"], schema["id"]

    def served(self, slug):
        kind = self.ask("GET", f"/block_types/slug/{slug}")
        [schema] = self.ask("POST", "/block_schemas/filter", {
            "block_schemas": {"block_type_id": {"any_": [kind["id"]]}}, "limit": 1})
        return kind["id"], schema["id"]

    def document(self, ids, name="doc", status=201, **data):
        return self.ask("POST", "/block_documents/", {
            "name": name, "data": data, "block_type_id": ids[0], "block_schema_id": ids[1],
            "is_anonymous": False}, status)

    def hook(self, receiver, name="hook", **more):
        return self.document(self.served("tocsin-webhook"), name,
                             url=receiver.url + "/canary-path", **more)

    def reconfigure(self, old, new):
        """Other words in the configuration, and a reload."""
        text = self.d.config.read_text()
        self.assertIn(old, text)
        self.d.config.write_text(text.replace(old, new))
        done = tocsin("reload", "--url", self.d.url)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def restart(self):
        self.assertEqual(self.d.end(), 0, self.d.log())
        self.d.start()


class Types(ApiCase):
    def test_what_the_plugins_bring_is_there_from_the_start(self):
        self.start()
        slugs = [kind["slug"] for kind in self.ask("POST", "/block_types/filter", {})]
        for slug in ("tocsin-webhook", "discord-webhook", "twilio-sms"):
            self.assertIn(slug, slugs)
        [schema] = self.ask("POST", "/block_schemas/filter", {
            "block_schemas": {"block_capabilities": {"all_": ["notify"]}}, "limit": 1})
        self.assertEqual(schema["capabilities"], ["notify"])
        self.assertIn("notify", self.ask("GET", "/block_capabilities/"))
        self.assertEqual(self.ask("GET", "/csrf-token", status=422),
                         {"detail": "CSRF protection is disabled."})
        self.assertEqual(self.ask("GET", "/admin/version"), "3.8.8")

    def test_a_type_is_registered_once_changed_and_deleted(self):
        self.start()
        kind, schema = self.register()
        self.assertEqual(self.ask("POST", "/block_types/", {"name": "Pager", "slug": "pager"}, 409),
                         {"detail": 'Block type with name "Pager" already exists'})
        self.ask("PATCH", f"/block_types/{kind}", {"logo_url": "http://x/logo"}, 204)
        again = self.ask("POST", "/block_schemas/", {
            "fields": SCHEMA, "block_type_id": kind, "capabilities": ["notify"],
            "version": "1.0"}, 200)
        self.assertEqual(again["id"], schema)
        self.restart()
        found = self.ask("GET", "/block_types/slug/pager")
        self.assertEqual((found["id"], found["logo_url"]), (kind, "http://x/logo"))
        by_checksum = self.ask("GET", f"/block_schemas/checksum/{again['checksum']}?version=1.0")
        self.assertEqual(by_checksum["id"], schema)
        self.document((kind, schema), key="k")
        self.ask("DELETE", f"/block_types/{kind}", status=204)
        self.assertEqual(self.ask("GET", "/block_types/slug/pager", status=404),
                         {"detail": "Block type not found"})
        self.assertEqual(self.ask("GET", f"/block_schemas/{schema}", status=404),
                         {"detail": "Block schema not found"})
        self.assertEqual(self.ask("POST", "/block_documents/filter", {}), [])

    def test_a_type_of_the_daemon_takes_a_logo_and_cannot_be_deleted(self):
        self.start()
        kind = self.ask("GET", "/block_types/slug/tocsin-webhook")["id"]
        self.ask("PATCH", f"/block_types/{kind}", {"logo_url": "http://x/l", "code_example": "c"},
                 204)
        self.assertEqual(self.ask("DELETE", f"/block_types/{kind}", status=403),
                         {"detail": "protected block types cannot be deleted."})
        self.restart()
        found = self.ask("GET", "/block_types/slug/tocsin-webhook")
        self.assertEqual((found["id"], found["logo_url"]), (kind, "http://x/l"))

    def test_what_is_wrong_is_told_in_the_words_of_prefect(self):
        self.start()
        rows = (
            ({"name": "Prefect X", "slug": "px"}, 403, "names beginning with 'Prefect'"),
            ({"name": "Bad", "slug": "Bad Slug"}, 422, "Block type slug must only contain"),
            ({"name": "a/b", "slug": "ab"}, 422, "String should match pattern '^[^/%&><]+$'"),
            ({"slug": "ab"}, 422, "Field required"),
            ({"name": "x", "slug": "x", "logo_url": 5}, 422, "valid string"))
        for body, status, text in rows:
            answer = self.ask("POST", "/block_types/", body, status)
            self.assertIn(text, json.dumps(answer))
        unknown = "00000000-0000-4000-8000-000000000000"
        self.assertEqual(
            self.ask("POST", "/block_schemas/", {"fields": {}, "block_type_id": unknown}, 404),
            {"detail": f"Block type {unknown} not found."})
        self.ask("GET", "/block_types/zzz", status=404)
        self.assertEqual(self.ask("POST", "/block_types/filter", {"limit": 201}, 422),
                         {"detail": "Invalid limit: must be less than or equal to 200."})


class Documents(ApiCase):
    def test_a_block_is_in_use_as_soon_as_it_is_made_and_after_a_restart(self):
        receiver = self.receiver()
        self.start()
        made = self.hook(receiver)
        self.assertEqual(made["data"]["url"], MASK)
        self.assertEqual(made["origin"], "api")
        for _ in range(2):
            sent = tocsin("block", "send", "hook", "--url", self.d.url)
            self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
            self.restart()
        self.assertEqual([r["path"] for r in receiver.requests], ["/canary-path"] * 2)
        self.assertEqual(self.ask("GET", f"/block_documents/{made['id']}")["name"], "hook")

    def test_an_automation_reaches_it_by_its_id(self):
        receiver = self.receiver()
        self.start()
        made = self.hook(receiver)
        self.d.end()
        text = automation(expect=["go"]).replace('"block": "sink"',
                                                 f'"block_document_id": "{made["id"]}"')
        (self.d.folder / "automations.d/test.yaml").write_text(f"automations: {text}\n")
        self.d.start()
        self.d.post({"id": "00000000-0000-4000-8000-0000000000aa", "event": "go",
                     "occurred": "2026-01-01T00:00:00Z",
                     "resource": {"prefect.resource.id": "x"}, "related": [], "payload": {}})
        receiver.wait(1)
        refused = self.ask("DELETE", f"/block_documents/{made['id']}", status=409)
        self.assertIn("is used by automation 'test'", refused["detail"])
        self.ask("DELETE", f"/block_documents/{made['id']}?force=true", status=204)
        self.ask("GET", f"/block_documents/{made['id']}", status=404)

    def test_a_change_takes_effect_at_once_and_keeps_masked_secrets(self):
        receiver = self.receiver()
        self.start()
        made = self.hook(receiver, headers={"X-A": "canary-one"})
        path = f"/block_documents/{made['id']}"
        self.ask("PATCH", path, {"data": {"url": MASK, "headers": {"X-A": MASK, "X-B": "two"}}},
                 204)
        tocsin("block", "send", "hook", "--url", self.d.url)
        headers = receiver.wait(1)[0]["headers"]
        self.assertEqual((headers["x-a"], headers["x-b"]), ("canary-one", "two"))
        self.ask("PATCH", path, {"data": {"content_type": "text/x"}}, 204)
        self.assertEqual(self.ask("GET", path)["data"]["headers"], {"X-A": MASK, "X-B": MASK})
        refused = self.ask("PATCH", path, {"data": {"method": "POST"},
                                           "merge_existing_data": False}, 422)
        self.assertIn("is required", json.dumps(refused))
        tocsin("block", "send", "hook", "--url", self.d.url)
        self.assertEqual(receiver.wait(2)[1]["headers"]["x-a"], "canary-one")

    def test_a_key_to_write_turns_no_credentials_elsewhere_and_unmasks_nothing(self):
        writer, admin = "writer-key-of-this-test", "admin-key-of-this-test!"
        folder = self.folder + "/credentials"
        os.mkdir(folder, 0o700)
        with open(folder + "/prod", "w") as file:
            file.write("canary of production")
        os.environ["CREDENTIALS_DIRECTORY"] = folder
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY")
        self.start(auth=f"{{keys: [{{name: w, key: {writer}, scopes: [read, write]}}, {{name: a, key: {admin}}}]}}")

        def ask(key, *words, **more):
            return self.ask(*words, headers={"Authorization": f"Bearer {key}"}, **more)
        kind = ask(admin, "GET", "/block_types/slug/tocsin-webhook")
        [schema] = ask(admin, "POST", "/block_schemas/filter", {
            "block_schemas": {"block_type_id": {"any_": [kind["id"]]}}, "limit": 1})
        made = ask(admin, "POST", "/block_documents/", {
            "name": "prod", "block_type_id": kind["id"], "block_schema_id": schema["id"],
            "data": {"url": "http://127.0.0.1:9/", "headers": {"X-A": {"credential": "prod"}}}}, status=201)
        path = f"/block_documents/{made['id']}"
        ask(writer, "PATCH", path, {"data": {"url": "http://127.0.0.1:8/"}}, status=403)
        ask(admin, "PATCH", path, {"data": {"url": "http://127.0.0.1:8/"}}, status=204)
        self.refers_to_credentials(
            lambda *words, **more: ask(admin, *words, **more),
            lambda *words, **more: ask(writer, *words, **more))

        own = ask(writer, "POST", "/block_types/", {"name": "Own", "slug": "own"}, status=201)
        ids = [ask(writer, "POST", "/block_schemas/", {
            "fields": {**SCHEMA, "secret_fields": secret}, "block_type_id": own["id"],
            "capabilities": [], "version": str(n)}, status=201)["id"]
            for n, secret in enumerate((["key"], []))]
        kept = ask(writer, "POST", "/block_documents/", {
            "name": "kept", "block_type_id": own["id"], "block_schema_id": ids[0],
            "data": {"key": "canary"}}, status=201)
        path = f"/block_documents/{kept['id']}"
        ask(writer, "PATCH", path, {"data": {}, "block_schema_id": ids[1]}, status=403)
        ask(writer, "PATCH", path, {"data": {"room": "b"}, "block_schema_id": ids[0]}, status=204)
        self.assertEqual(ask(writer, "GET", path)["data"]["key"], MASK)

    def refers_to_credentials(self, admin, writer):
        """A block that refers to one with credentials could send them to a server of its own."""
        (server_kind, server), (notify_kind, notify) = (
            (kind, admin("POST", "/block_schemas/filter", {
                "block_schemas": {"block_type_id": {"any_": [kind]}}, "limit": 1})[0]["id"])
            for kind in (admin("GET", f"/block_types/slug/{slug}")["id"]
                         for slug in ("email-server-credentials", "email-notify")))

        def body(name, kind, schema, **data):
            return {"name": name, "data": data, "block_type_id": kind, "block_schema_id": schema}
        data = {"username": "a@x.example", "password": {"credential": "prod"},
                "smtp_server": "127.0.0.1", "smtp_type": "STARTTLS"}
        server = admin("POST", "/block_documents/", body("server", server_kind, server, **data),
                       status=201)["id"]
        known = {"$ref": {"block_document_id": server}}
        forged = {"$block": {"slug": "email-server-credentials", "name": "x", "data": data}}
        for credentials, expected in ((known, 403), (forged, 403)):
            writer("POST", "/block_documents/", body(
                "mail", notify_kind, notify, credentials=credentials,
                to_emails=["b@x.example"]), status=expected)
        writer("POST", "/tocsin/blocks", {"name": "mail", "type": "prefect.email-notify", "options": {
            "credentials": {"block": "server"}, "to_emails": ["b@x.example"]}}, status=403)
        refused = admin("POST", "/block_documents/", body(
            "mail", notify_kind, notify, credentials=forged, to_emails=["b@x.example"]), status=422)
        self.assertIn("must name another block by its id", json.dumps(refused))
        mail = admin("POST", "/block_documents/", body(
            "mail", notify_kind, notify, credentials=known, to_emails=["b@x.example"]), status=201)
        writer("PATCH", f"/block_documents/{mail['id']}", {"data": {"from_email": "c@x.example"}},
               status=403)

    def test_documents_of_a_clients_own_type_are_kept_and_refuse_use(self):
        self.start()
        ids = self.register()
        made = self.document(ids, key="canary", room="b", extra={"x": "canary"})
        self.assertEqual(made["data"], {"key": MASK, "room": "b", "extra": {"x": MASK}})
        self.assertEqual(made["block_type_name"], "Pager")
        path = "/block_types/slug/pager/block_documents/name/doc?include_secrets=true"
        self.assertEqual(self.ask("GET", path)["data"]["key"], MASK)
        self.ask("PATCH", f"/block_documents/{made['id']}", {"data": {"room": "c"}}, 204)
        self.assertEqual(self.ask("GET", path)["data"]["room"], "c")
        sent = tocsin("block", "send", "doc", "--url", self.d.url)
        self.assertIn('no plugin provides block type "pager"', sent.stderr)

    def test_what_is_wrong_is_told_and_not_stored(self):
        receiver = self.receiver()
        self.start()
        ids = self.served("tocsin-webhook")
        other = self.register()
        url = receiver.url
        unknown = "00000000-0000-4000-8000-000000000000"
        self.hook(receiver)
        rows = (
            ({"name": "hook", "data": {"url": url}}, 409, "Block already exists"),
            ({"name": "UPPER", "data": {}}, 422, "must only contain lowercase letters"),
            ({"name": "a/b", "data": {}}, 422, "String should match pattern"),
            ({"data": {}}, 422, "Names must be provided for block documents."),
            ({"name": "x", "data": "x"}, 422, "valid dictionary"),
            ({"name": "x", "data": {"ur": url}}, 422, "body"),
            ({"name": "x", "data": {"url": "ftp://x"}}, 422, "absolute http or https URL"),
            ({"name": "x", "data": {"url": MASK}}, 422, "stands for a secret"),
            ({"name": "x", "data": {"url": {"file": "/etc/passwd"}}}, 422, "blocks of files"),
            ({"name": "x", "data": {"url": {"env": "HOME"}}}, 422, "blocks of files"),
            ({"name": "x", "data": {"url": url}, "block_type_id": "z"}, 422, "valid UUID"),
            ({"name": "x", "data": {"url": url}, "block_type_id": unknown}, 404,
             "Block type not found"),
            ({"name": "x", "data": {"url": url}, "block_schema_id": unknown}, 404,
             "Block schema not found"),
            ({"name": "x", "data": {"url": url}, "block_schema_id": other[1]}, 400,
             "Must migrate block document"))
        for body, status, text in rows:
            answer = self.ask("POST", "/block_documents/", {
                "block_type_id": ids[0], "block_schema_id": ids[1], **body}, status)
            self.assertIn(text, json.dumps(answer))
            self.assertNotIn(url, json.dumps(answer))
        self.assertEqual(self.ask("POST", "/block_documents/count", {}), 1)
        self.ask("DELETE", f"/block_documents/{unknown}", status=404)

    def test_anonymous_documents_are_shown_only_when_they_are_asked_for(self):
        self.start()
        ids = self.register()
        self.ask("POST", "/block_documents/", {
            "data": {"key": "k"}, "block_type_id": ids[0], "block_schema_id": ids[1],
            "is_anonymous": True}, 201)
        self.assertEqual(self.ask("POST", "/block_documents/filter", {}), [])
        [found] = self.ask("POST", "/block_documents/filter", {
            "block_documents": {"is_anonymous": {"eq_": True}}})
        self.assertTrue(found["name"].startswith("anonymous-"))

    def test_one_document_may_stand_in_another(self):
        self.start()
        ids = self.register()
        child = self.document(ids, "child", key="canary", room="inner")
        parent = self.document(ids, "parent", key="k",
                               extra={"$ref": {"block_document_id": child["id"]}})
        self.assertEqual(parent["data"]["extra"]["room"], "inner")
        self.assertEqual(parent["data"]["extra"]["key"], MASK)
        self.assertEqual(parent["block_document_references"]["extra"]["block_document"]["name"],
                         "child")
        refused = self.ask("DELETE", f"/block_documents/{child['id']}", status=409)
        self.assertIn("is used by block 'parent'", refused["detail"])
        self.ask("DELETE", f"/block_documents/{parent['id']}", status=204)
        self.ask("DELETE", f"/block_documents/{child['id']}", status=204)

    def test_there_are_at_most_as_many_as_the_limit_says(self):
        self.start(configuration="limits: {blocks: 2}\n")
        ids = self.register()
        self.document(ids, "a", key="k")
        self.document(ids, "b", key="k")
        refused = self.document(ids, "c", key="k", status=422)
        self.assertIn("limits.blocks", refused["detail"])
        self.reconfigure("limits: {blocks: 2}", "limits: {blocks: 3}")
        self.document(ids, "c", key="k")


    def test_all_of_them_together_have_a_limit(self):
        self.start()
        ids = self.register()
        made = [self.document(ids, f"d{i}", key="k", extra="x" * 1000000) for i in range(33)]
        refused = self.document(ids, "one-more", status=422, key="k", extra="x" * 1000000)
        self.assertIn("more than 32 MiB together", json.dumps(refused))
        refused = self.ask("PATCH", f"/block_types/{ids[0]}", {"description": "x" * 1000000}, 422)
        self.assertIn("more than 32 MiB together", json.dumps(refused))
        self.assertEqual(len(self.ask("POST", "/block_documents/filter", {})), 33)
        self.ask("DELETE", f"/block_documents/{made[0]['id']}", status=204)
        self.document(ids, "one-more", key="k", extra="x" * 1000000)


class Private(ApiCase):
    def test_blocks_of_the_api_reach_no_private_address_where_that_is_denied(self):
        receiver, server = self.receiver(), FakeSmtp()
        self.addCleanup(server.close)
        self.start(more="outbound: {private: deny}\n")
        self.hook(receiver)
        self.document(self.served("tocsin-email"), "mail", **{
            "host": "127.0.0.1", "port": server.port, "tls": "none", "from": "a@x.example",
            "to": ["b@x.example"]})
        self.document(self.served("tocsin-webhook"), "proxied", url="http://192.0.2.1/",
                      proxy=receiver.url)
        for block in "hook", "mail", "proxied":
            report = self.ask("POST", f"/tocsin/blocks/{block}/send", {"subject": "s", "body": "b"})
            self.assertEqual((report["result"], report["cause"]), ("fail", "denied"), report)
            self.assertIn("refused to connect to 127.0.0.1 (loopback address)", report["reason"])
        self.assertEqual((receiver.requests, server.sessions), ([], []))

    def test_a_reload_takes_private_addresses_from_blocks_that_are_there(self):
        receiver = self.receiver()
        self.start(more="outbound: {private: allow}\n")
        self.hook(receiver)
        send = "/tocsin/blocks/hook/send"
        self.assertEqual(self.ask("POST", send, {})["result"], "done")
        self.reconfigure("private: allow", "private: deny")
        report = self.ask("POST", send, {})
        self.assertEqual((report["result"], report["cause"]), ("fail", "denied"), report)
        self.assertEqual(len(receiver.requests), 1)


class Files(ApiCase):
    def test_blocks_of_files_are_documents_that_only_files_change(self):
        receiver = self.receiver()
        self.start(blocks=self.block(receiver, headers={"X": "canary-header"}))
        [found] = self.ask("POST", "/block_documents/filter", {"include_secrets": True})
        self.assertEqual((found["name"], found["origin"]), ("sink", "file"))
        self.assertEqual(found["data"], {"url": MASK, "headers": {"X": MASK}})
        self.assertEqual(found["block_type"]["slug"], "tocsin-webhook")
        path = f"/block_documents/{found['id']}"
        for method, body in (("PATCH", {"data": {}}), ("DELETE", None)):
            refused = self.ask(method, path, body, 409)
            self.assertRegex(refused["detail"], "Block 'sink' is managed by .*blocks.d/test.yaml")
        ids = self.served("tocsin-webhook")
        refused = self.document(ids, "sink", status=409, url=receiver.url)
        self.assertEqual(refused, {"detail": "Block already exists"})

    def test_a_file_that_takes_a_stored_name_refuses_the_reload(self):
        receiver = self.receiver()
        self.start()
        self.hook(receiver, "sink")
        (self.d.folder / "blocks.d/test.yaml").write_text(
            f"blocks: {self.block(receiver)}\n")
        done = tocsin("reload", "--url", self.d.url)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('block "sink" (webhook) exists in the store; delete it or rename',
                      done.stdout + done.stderr)
        self.ask("DELETE", "/tocsin/blocks/sink", status=204)
        done = tocsin("reload", "--url", self.d.url)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        [found] = self.ask("POST", "/block_documents/filter", {})
        self.assertEqual(found["origin"], "file")

    def test_a_reload_keeps_what_was_made_through_the_api(self):
        receiver = self.receiver()
        self.start()
        self.hook(receiver)
        self.assertEqual(tocsin("reload", "--url", self.d.url).returncode, 0)
        sent = tocsin("block", "send", "hook", "--url", self.d.url)
        self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)


class Cli(ApiCase):
    def block(self, *arguments, status=0, stdin=None):
        done = tocsin("block", *arguments, "--url", self.d.url, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def create(self, *options, name="made", kind="webhook", status=0, stdin=None):
        return self.block("create", "--name", name, "--type", kind, *options, status=status,
                          stdin=stdin)

    def test_what_stays_unusable_is_no_change(self):
        """A stored block whose plugin is gone waits for it, and is told as changed once."""
        plugins = os.path.join(self.folder, "plugins")
        os.mkdir(plugins)
        shutil.copy(os.path.join(PLUGINS, "webhook.so"), plugins)
        self.start()
        text = self.d.config.read_text()
        self.d.config.write_text(text.replace(os.path.abspath(PLUGINS), plugins))
        reload = lambda: tocsin("reload", "--url", self.d.url).stdout.splitlines()
        reload()
        self.hook(self.receiver())
        os.unlink(os.path.join(plugins, "webhook.so"))
        self.assertEqual(reload()[-1], "committed: 2 changes")
        self.assertTrue(reload()[-1].startswith("nothing changed; "))
        shutil.copy(os.path.join(PLUGINS, "webhook.so"), plugins)
        self.assertEqual(reload()[-1], "committed: 2 changes")
        [block] = self.ask("GET", "/tocsin/blocks")
        self.assertEqual(block["state"], "active")

    def test_a_list_of_unlike_values_is_printed(self):
        self.start()
        self.hook(self.receiver(), json=["a", None, 1])
        done = tocsin("block", "inspect", "hook", "--url", self.d.url)
        self.assertRegex(done.stdout, r'(?m)^  json +\["a",null,1\]$')

    def test_create_takes_values_files_and_standard_input(self):
        receiver = self.receiver()
        self.start()
        secret = self.d.folder / "url"
        secret.write_text(receiver.url + "/from-file\n")
        options = self.d.folder / "options.yaml"
        options.write_text(f"url: {{file: {secret}}}\nheaders: {{X-A: 'b'}}\n")
        self.assertIn("was made", self.create("--options", options, name="a"))
        self.create("--option", "url=-", name="b", stdin=receiver.url + "/from-stdin\n")
        self.create("--option", f"url={receiver.url}/plain", "--option", "headers={X-A: c}",
                    name="c")
        for name, path in (("a", "/from-file"), ("b", "/from-stdin"), ("c", "/plain")):
            self.block("send", name)
            self.assertEqual(receiver.requests[-1]["path"], path)
        self.assertEqual(receiver.requests[-1]["headers"]["x-a"], "c")
        shown = json.loads(self.block("inspect", "a", "--json"))
        self.assertEqual(shown["options"], {"url": MASK, "headers": {"X-A": MASK}})

    def test_create_says_what_was_meant(self):
        self.start()
        for arguments, text in (
                ({"kind": "webhok"}, 'did you mean "webhook"?'),
                ({"kind": "prefect.discord-webhok"}, 'did you mean "prefect.discord-webhook"?')):
            self.assertIn(text, self.create(status=1, **arguments))
        self.assertIn('did you mean "headers"?', self.create("--option", "header={}", status=1))
        self.assertIn("must be KEY=VALUE", self.create("--option", "url", status=1))
        self.assertIn("needs --name and --type", self.block("create", status=2))
        self.assertIn("no blocks", self.block("ls"))

    def test_delete_takes_a_name(self):
        receiver = self.receiver()
        self.start()
        self.hook(receiver)
        self.assertIn("Deleted block 'hook'", self.block("delete", "hook"))
        self.assertIn('no block "hook"', self.block("delete", "hook", status=1))


class Secrets(ApiCase):
    def test_no_secret_comes_out_of_anything(self):
        """The canary of every place at which a secret may enter."""
        receiver = self.receiver()
        receiver.answer = lambda request: 500
        blocks = self.block(receiver, headers={"X-Key": "canary-of-a-file"}, auth="bearer",
                            token="canary-token", url=receiver.url + "/canary-url?k=canary-query")
        self.start(blocks=blocks, automations=automation(expect=["go"]))
        ids = self.register()
        self.document(ids, "other", key="canary-own-type")
        made = self.hook(receiver, headers={"X-Key": "canary-of-the-api"})
        self.ask("PATCH", f"/block_documents/{made['id']}",
                 {"data": {"auth": "basic", "username": "u", "password": "canary-password"}}, 204)
        seen = []
        for path in ("/tocsin/blocks", "/tocsin/blocks/hook", "/status",
                     f"/block_documents/{made['id']}?include_secrets=true",
                     "/block_types/slug/tocsin-webhook/block_documents?include_secrets=true",
                     "/tocsin/events"):
            seen.append(self.d.ask("GET", "/api" + path)[1].decode())
        seen.append(json.dumps(self.ask("POST", "/block_documents/filter",
                                        {"include_secrets": True})))
        for name in ("hook", "sink"):
            for more in ((), ("--dry-run",)):
                done = tocsin("block", "send", name, *more, "--url", self.d.url)
                seen.append(done.stdout + done.stderr)
        self.d.post({"id": "00000000-0000-4000-8000-0000000000ab", "event": "go",
                     "occurred": "2026-01-01T00:00:00Z",
                     "resource": {"prefect.resource.id": "x"}, "related": [], "payload": {}})
        receiver.wait(3)
        wait_for("the failure is in the status", lambda: "500" in
                 self.d.ask("GET", "/api/status")[1].decode())
        seen.append(self.d.ask("GET", "/api/status")[1].decode())
        for body in ({"data": {"url": "ftp://canary-wrong"}}, {"data": {"auth": "canary"}}):
            self.d.ask("PATCH", f"/api/block_documents/{made['id']}", json.dumps(body).encode())
        self.assertEqual(self.d.end(), 0)
        seen.append(self.d.log())
        for text in seen:
            self.assertNotIn("canary", text)
        for file in (self.d.folder / "state").iterdir():
            if file.is_file():
                self.assertNotIn(b"canary", file.read_bytes(), file)

    def test_another_key_opens_nothing_and_says_so(self):
        receiver = self.receiver()
        self.start()
        self.hook(receiver)
        self.d.end()
        with open(self.key, "w") as f:
            f.write(base64.b64encode(os.urandom(32)).decode())
        self.d.start()
        sent = tocsin("block", "send", "hook", "--url", self.d.url)
        self.assertIn("cannot be opened with this store.secret_key", sent.stderr)
        self.assertEqual(tocsin("block", "delete", "hook", "--url", self.d.url).returncode, 0)

    def test_without_a_key_a_warning_is_logged(self):
        receiver = self.receiver()
        self.start(configuration="")
        self.hook(receiver)
        self.restart()
        self.assertIn("store.secret_key is not set: the secrets of 1 block stand", self.d.log())

    def test_a_wrong_key_is_refused_at_the_start(self):
        self.start()
        self.d.end()
        with open(self.key, "w") as f:
            f.write("c2hvcnQ=\n")
        self.d.spawn()
        self.assertEqual(self.d.process.wait(30), 1)
        self.assertIn("store.secret_key: must be 32 bytes in base64", self.d.log())
        self.assertNotIn("c2hvcnQ", self.d.log())


if __name__ == "__main__":
    unittest.main()
