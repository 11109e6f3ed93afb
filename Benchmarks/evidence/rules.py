"""Thousands of Sigma rules of the kinds that public rule sets have, for measuring what many rules cost."""

import random

WORDS = [
    "session", "opened", "closed", "invalid", "user", "root", "failed", "password", "accepted", "publickey", "sudo",
    "command", "kernel", "segfault", "mount", "export", "denied", "refused", "illegal", "daemon", "buffer", "overflow",
    "shell", "reverse", "payload", "download", "wget", "curl", "chmod", "base64", "decode", "crontab", "passwd", "shadow",
]
FIELDS = ["process.name", "rpc.argument", "message", "rpc.procedure", "observer.name"]


def literal(generator):
    return f"{generator.choice(WORDS)}{generator.choice(['_', '-', '.', '/'])}{generator.randrange(16**6):06x}"


def selection(generator, number):
    field = generator.choice(FIELDS)
    kind = generator.random()
    if kind < 0.35:
        values = ", ".join(f"'{literal(generator)}'" for _ in range(generator.randint(1, 6)))
        return f"{{{field}|contains: [{values}]}}"
    if kind < 0.5:
        return f"{{{field}|endswith: '/{literal(generator)}', event.action: [rpc-call, probe]}}"
    if kind < 0.6:
        return f"{{message|re: '{generator.choice(WORDS)}[0-9]+ .*{literal(generator)}'}}"
    if kind < 0.75:
        # Of 100000 to 100099 the traffic has a few; a rule that never comes near costs nothing anyhow.
        return f"{{event.action: rpc-call, rpc.program: {200000 + number}, rpc.procedure: 'null'}}"
    if kind < 0.9:
        return f"{{event.action: probe, destination.port: {20000 + number % 40000}}}"
    return f"{{source.ip: 203.0.{number % 256}.{generator.randrange(256)}, destination.port|gte: 1024}}"


def rule(number):
    generator = random.Random(number)
    body = selection(generator, number)
    extra, condition = "", "selection"
    if generator.random() < 0.4:
        extra = f"  filter_main:\n    host.name|startswith: '{generator.choice(WORDS)}'\n"
        condition = "selection and not 1 of filter_main*"
    return (
        f"title: Rule {number} of a large set\nid: 00000000-0000-4000-8000-{number:012d}\nstatus: test\n"
        f"logsource:\n  product: linux\ndetection:\n  selection: {body}\n{extra}  condition: {condition}\nlevel: medium\n")


def write(path, count):
    path.write_text("---\n".join(rule(number) for number in range(count)))
