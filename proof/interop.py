"""Packets of a flight, read by clients that others wrote, value by value and bit by bit.

    interop.py FLIGHT PROGRAM SCRATCH

FLIGHT is a folder with telemetry.tm, PROGRAM is frigoris, SCRATCH a folder for files. Values are compared with
those of `frigoris decode` by their bits. Prints a line a client; exits with 1 at the first difference.
"""

import csv
import io
import logging
import os
import socket
import struct
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import ccsdspy
import space_packet_parser
from spacepackets.ccsds import SpacePacketHeader
from spacepackets.ecss import PusTm
from spacepackets.ecss.tm import InvalidTmCrc16Error

TAI_1958_TO_UTC_1970_S = 4383 * 86400 + 37
HOUSEKEEPING, EVENT = 25, 5
OCTETS = ("raw.cycles", "schedule.entries")
ccsdspy.log.setLevel(logging.ERROR)  # it warns of counts: packets of other kinds are between these
flight, program, scratch = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])


def fail(*what):
    print("FAILED:", *what, file=sys.stderr)
    sys.exit(1)


def run(*arguments):
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode:
        fail(*arguments, result.stdout[-2000:], result.stderr[-2000:])
    return result.stdout


class Packet:
    """One packet: its octets, and what our decoder says of it."""

    def __init__(self, octets):
        self.octets = octets
        self.values = {}
        self.service = None

    def head(self, row):
        self.apid, self.count = int(row["apid"]), int(row["count"])
        self.service = int(row["service"]), int(row["subservice"])
        whole, ns = row["utc"].split(".")
        utc_s = int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp())
        self.ticks = (utc_s + TAI_1958_TO_UTC_1970_S << 16) + (int(ns) * 65536) // 10**9

    @property
    def kind(self):
        """Its name among the dictionary's packets."""
        return kinds.get((*self.service, self.values.get("packet.structure")), "event")


def split(octets):
    at = 0
    while at < len(octets):
        length = SpacePacketHeader.unpack(octets[at:]).packet_len
        yield octets[at : at + length]
        at += length


def bits(value, width):
    """The value's bits as a float of so many; of an integer itself."""
    return struct.pack({32: ">f", 64: ">d"}[width], value) if width else int(value)


def ours(file):
    """Packets with the values of our own decoder."""
    packets = [Packet(octets) for octets in split(file.read_bytes())]
    for row in csv.DictReader(io.StringIO(run("decode", file))):
        packet = packets[int(row["packet"])]
        if not packet.values:
            packet.head(row)
        key, value = row["key"], row["value"]
        if key:
            packet.values[key] = bytes.fromhex(value) if key in OCTETS else float(value)
    lost = [n for n, packet in enumerate(packets) if not packet.service]
    if lost:
        fail("our decoder does not read packets", lost[:5])
    return packets


def layouts(folder):
    """Fields of every packet by its name: key, type, bits."""
    out = {}
    for file in sorted((folder / "ccsdspy").glob("*.csv")):
        with open(file) as lines:
            out[file.stem] = [(r["name"], r["data_type"], int(r["bit_length"])) for r in csv.DictReader(lines)]
    return out


def kinds_of(database):
    """The names of packets by service, subservice and structure, as the XTCE database has them."""
    out = {}
    for name, container in database.containers.items():
        at, conditions = container, {}
        while at is not None:
            conditions |= {c.referenced_parameter: int(c.required_value) for c in at.restriction_criteria}
            at = database.containers.get(at.base_container_name)
        if not container.abstract and "packet_subservice" in conditions:
            structure = conditions.get("packet_structure")
            service = conditions["packet_service"], conditions["packet_subservice"]
            out[(*service, None if structure is None else float(structure))] = name
    return out


def compare(client, n, packet, key, width, theirs):
    expected = packet.values[key]
    if isinstance(expected, bytes):
        same = bytes(theirs) == expected
    else:
        same = bits(expected, width) == bits(theirs, width)
    if not same:
        fail(f"{client}: packet {n} ({packet.kind}), {key}: {theirs!r}, ours {expected!r}")


def with_spacepackets(packets):
    """Header, PUS, checksum."""
    for n, packet in enumerate(packets):
        tm = PusTm.unpack(packet.octets, 6)
        head = (tm.apid, tm.service, tm.message_subtype, tm.seq_count)
        if head != (packet.apid, *packet.service, packet.count):
            fail(f"spacepackets: packet {n}: {head}")
        if int.from_bytes(tm.timestamp, "big") != packet.ticks:
            fail(f"spacepackets: packet {n}: time {tm.timestamp.hex()}")
        if packet.octets[19:-2] != bytes(tm.tm_data):
            fail(f"spacepackets: packet {n}: source data")
    return f"spacepackets: header, service, time, checksum of {len(packets)} packets"


def with_space_packet_parser(packets, database):
    """Every field by the XTCE database."""
    values = 0
    for n, packet in enumerate(packets):
        parsed = database.parse_bytes(packet.octets)
        raw = {name: getattr(value, "raw_value", value) for name, value in parsed.items()}
        client = "space_packet_parser"
        head = (raw.pop("packet_apid"), raw.pop("packet_service"), raw.pop("packet_subservice"))
        if head != (packet.apid, *packet.service) or raw.pop("packet_sequence_count") != packet.count:
            fail(f"{client}: packet {n}: {head}")
        if raw.pop("packet_time") != packet.ticks:
            fail(f"{client}: packet {n}: time")
        if raw.pop("packet_data_length") + 7 != len(packet.octets):
            fail(f"{client}: packet {n}: length")
        if raw.pop("packet_checksum") != int.from_bytes(packet.octets[-2:], "big"):
            fail(f"{client}: packet {n}: checksum")
        for name in ("version", "type", "secondary_header", "sequence_flags"):
            raw.pop(f"packet_{name}")
        for name in ("pus_version", "time_status", "message_count", "destination"):
            raw.pop(f"packet_{name}")
        for key, kind, width in layout[packet.kind]:
            if key not in packet.values:
                continue
            name = flat(key)
            if name in raw:
                theirs = raw.pop(name)
            else:  # a word whose bits are parameters: they follow one another, the highest first
                parts = [part for part in raw if part.startswith(name + "_")]
                theirs = 0
                for part in parts:
                    theirs = (theirs << (width - len(parts) + 1 if part.endswith("_spare") else 1)) | int(raw.pop(part))
            compare(client, n, packet, key, width if kind == "float" else 0, theirs)
            values += 1
        if raw:
            fail(f"{client}: packet {n}: more than we sent: {sorted(raw)}")
    return f"space_packet_parser: {values} values of {len(packets)} packets"


def flat(key):
    for character in ". -/:":
        key = key.replace(character, "_")
    return key


def with_ccsdspy(packets, folder):
    """Every field by one definition a packet."""
    by_kind, values = defaultdict(list), 0
    for packet in packets:
        by_kind[packet.kind].append(packet)
    for kind, some in sorted(by_kind.items()):
        variable = any("expand" in type for _, type, _ in layout[kind])
        reader = ccsdspy.VariableLength if variable else ccsdspy.FixedLength
        definition = reader.from_file(str(folder / "ccsdspy" / f"{kind}.csv"))
        columns = definition.load(io.BytesIO(b"".join(p.octets for p in some)), include_primary_header=True)
        for n, packet in enumerate(some):
            head = [int(columns[name][n]) for name in ("CCSDS_APID", "packet.service", "packet.subservice")]
            if head != [packet.apid, *packet.service] or int(columns["packet.time"][n]) != packet.ticks:
                fail(f"ccsdspy: {kind} {n}: {head}")
            if int(columns["packet.checksum"][n]) != int.from_bytes(packet.octets[-2:], "big"):
                fail(f"ccsdspy: {kind} {n}: checksum")
        for key, type, width in layout[kind]:
            if key not in some[0].values:
                continue
            for n, packet in enumerate(some):
                compare("ccsdspy", n, packet, key, width if type == "float" else 0, columns[key][n])
                values += 1
    return f"ccsdspy: {values} values of {len(packets)} packets, {len(by_kind)} kinds"


def refused_when_a_bit_flips(packets):
    """One bit of every so many packets: whoever checks the checksum refuses."""
    tried = 0
    for n, packet in enumerate(packets[:: max(1, len(packets) // 500)]):
        broken = bytearray(packet.octets)
        bit = 8 * 6 + n * 7919 % (8 * (len(broken) - 6))  # after the primary header, whose length must hold
        broken[bit // 8] ^= 1 << bit % 8
        try:
            PusTm.unpack(bytes(broken), 6)
            fail(f"spacepackets takes a packet with bit {bit} flipped")
        except (InvalidTmCrc16Error, ValueError):
            tried += 1
    return f"spacepackets: {tried} packets with a flipped bit refused"


class Gds:
    """F Prime's ground data system: its link process with our plug-in, and its own pipeline of decoders."""

    def __init__(self, dictionary):
        from fprime_gds.common.models.dictionaries import Dictionaries
        from fprime_gds.common.pipeline.standard import StandardPipeline
        from fprime_gds.common.utils.config_manager import ConfigManager
        from fprime_gds.common.zmq_transport import ZmqClient

        listener = socket.create_server(("127.0.0.1", 0))  # as `frigoris ground --packets` listens
        urls = [f"ipc://{scratch}/gds-{end}" for end in ("in", "out")]
        arguments = ["--dictionary", dictionary, "--framing-selection", "frigoris", "--logs", scratch / "gds"]
        arguments += ["--communication-selection", "tcp-fast-client", "--tcp-fast-address", "127.0.0.1"]
        arguments += ["--tcp-fast-port", listener.getsockname()[1], "--log-directly", "--zmq-transport", *urls]
        python = Path(__file__).resolve().parent.parent / "python"
        plugin = {"PYTHONPATH": str(python), "FPRIME_GDS_EXTRA_PLUGINS": "frigoris_gds:Frigoris"}
        (scratch / "gds").mkdir()
        self.log = open(scratch / "gds.txt", "w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fprime_gds.executables.comm", *map(str, arguments)],
            env=os.environ | plugin,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.pipeline = StandardPipeline()
        self.pipeline.transport_implementation = ZmqClient
        loaded = Dictionaries.load_dictionaries_into_config(str(dictionary))
        self.pipeline.setup(ConfigManager(), loaded, str(scratch / "files"), data_logging_enabled=False)
        self.pipeline.connect(tuple(urls))
        listener.settimeout(60)
        try:
            self.lander, _ = listener.accept()
        except TimeoutError:
            fail("F Prime GDS does not connect:", (scratch / "gds.txt").read_text()[-2000:])
        finally:
            listener.close()

    def until(self, ready, what):
        last = time.monotonic() + 60
        while not ready():
            if time.monotonic() > last:
                fail(f"F Prime GDS: {what}:", (scratch / "gds.txt").read_text()[-2000:])
            time.sleep(0.05)

    def close(self):
        self.pipeline.disconnect()
        self.process.terminate()
        self.process.wait()
        self.log.close()


def with_fprime(packets, dictionary):
    """Telemetry and events down, a broken packet refused, commands up and read by our decoder."""
    lists = [p for p in packets if p.service == (3, HOUSEKEEPING)]
    # Everything else comes as events, but raw cycles and the schedule, which are not of one length.
    others = [p for p in packets if p.service[0] != 3 and p.kind != "schedule"]
    gds = Gds(dictionary / "frigoris.fprime.json")
    try:
        received = gds.pipeline.histories
        before = heard(gds, next(p for p in others if p.service[0] == EVENT))
        expected = sum(len(p.values) - 1 for p in lists)
        gds.lander.sendall(b"".join(p.octets for p in packets))
        gds.until(lambda: received.channels.size() >= expected, "channels are missing")
        gds.until(lambda: received.events.size() >= before + len(others), "events are missing")
        seen = iter(received.channels.retrieve())
        for n, packet in enumerate(lists):
            for key, kind, width in layout[packet.kind]:
                if key in packet.values and key != "packet.structure":
                    compare_channel(n, packet, key, width if kind == "float" else 0, next(seen))
        for packet, event in zip(others, received.events.retrieve()[before:], strict=True):
            compare_event(packet, event)
        refused = gds_refuses(gds, lists[0], received.channels.size())
        return (
            f"F Prime GDS: {expected} values of {len(lists)} packets, {len(others)} events and reports, {refused} "
            f"packets with a flipped bit refused, {commands_go_up(gds)}"
        )
    finally:
        gds.close()


def heard(gds, event):
    """The transport between F Prime's processes has no handshake: an event again and again until one arrives.

    Returns how many have arrived when no more come.
    """
    history = gds.pipeline.histories.events

    def arrives():
        gds.lander.sendall(event.octets)
        time.sleep(0.2)
        return history.size() > 0

    gds.until(arrives, "nothing arrives")
    count = 0
    while count != history.size():
        count = history.size()
        time.sleep(1.5)
    return count


def tag(packet):
    """F Prime's time tag of a packet: UTC."""
    seconds = (packet.ticks >> 16) - TAI_1958_TO_UTC_1970_S
    microseconds = (packet.ticks & 0xFFFF) * 10**6 >> 16
    return "TB_WORKSTATION_TIME", seconds, microseconds


def tag_of(time):
    return time.timeBase.val, time.seconds, time.useconds


def compare_channel(n, packet, key, width, channel):
    if channel.template.get_full_name() != f"Frigoris.{key}":
        fail(f"F Prime GDS: packet {n}: {channel.template.get_full_name()} in place of {key}")
    if tag_of(channel.time) != tag(packet):
        fail(f"F Prime GDS: packet {n}: time {channel.time}")
    value = channel.get_val_obj()
    compare("F Prime GDS", n, packet, key, width, getattr(value, "numeric_value", value.val))


def compare_event(packet, event):
    """An event by its number, a report by its arguments too."""
    service, values = packet.service, packet.values
    number = values["event"] if service[0] == EVENT else service[0] << 24 | service[1] << 16
    theirs = [argument.val for argument in event.get_args()]
    expected = [values[key] for key, _, _ in layout[packet.kind] if key in values and key != "event"]
    if (event.get_id(), tag_of(event.time), theirs) != (number, tag(packet), expected):
        fail(f"F Prime GDS: {packet.kind} {event.get_id()} {theirs} at {event.time}, ours {values}")


def gds_refuses(gds, packet, before):
    """Broken packets, then a good one: only that arrives."""
    broken = []
    for bit in (8 * 8 + 1, 8 * 25, 8 * len(packet.octets) - 1):
        octets = bytearray(packet.octets)
        octets[bit // 8] ^= 1 << bit % 8
        broken.append(bytes(octets))
    history = gds.pipeline.histories.channels
    gds.lander.sendall(b"".join(broken) + packet.octets)
    expected = before + len(packet.values) - 1
    gds.until(lambda: history.size() >= expected, "the packet after broken ones is missing")
    time.sleep(0.5)
    if history.size() != expected:
        fail("F Prime GDS takes a packet with a flipped bit")
    return len(broken)


def commands_go_up(gds):
    """One command of each kind of argument, sent from F Prime and read by the lander's decoder."""
    sent = [
        ("ping", [], {"command": "ping"}),
        ("divert", [120.5, -80.25], {"command": "divert", "east_m": 120.5, "north_m": -80.25}),
        ("sensor_use", ["RANGEFINDER", "INHIBIT"], {"command": "sensor_use", "sensor": 0.0, "use": 1.0}),
        ("load_parameter", ["GATE_SIGMAS", 7.5], {"command": "load_parameter", "parameter": 1.0, "value": 7.5}),
    ]
    gds.lander.settimeout(20)
    for number, (name, arguments, expected) in enumerate(sent):
        gds.pipeline.send_command(f"Frigoris.command.{name}", arguments)
        packet = gds.lander.recv(6)
        length = SpacePacketHeader.unpack(packet).packet_len
        while len(packet) < length:
            packet += gds.lander.recv(length - len(packet))
        file = scratch / f"{name}.tc"
        file.write_bytes(packet)
        read = {}
        for row in csv.DictReader(io.StringIO(run("decode", file))):
            read[row["key"]] = row["value"] if row["key"] == "command" else float(row["value"])
            if int(row["count"]) != number:
                fail(f"F Prime GDS: {name}: sequence count {row['count']}")
        if read != expected:
            fail(f"F Prime GDS: {name} arrives as {read}")
        broken = scratch / f"{name}-broken.tc"
        broken.write_bytes(packet[:-3] + bytes([packet[-3] ^ 4]) + packet[-2:])
        if subprocess.run([program, "decode", broken], capture_output=True).returncode != 1:
            fail(f"our decoder takes {name} with a flipped bit")
    return f"{len(sent)} commands sent and read by ours, none with a flipped bit"


def main():
    global layout, kinds
    dictionary = scratch / "dictionary"
    run("dictionary", "--out", dictionary)
    validation = space_packet_parser.validate_xtce(str(dictionary / "frigoris.xtce.xml"), level="all", allow_schema_download=False, print_results=False, raise_on_error=False)
    if not validation:
        fail("the XTCE database is not valid:", validation)
    print("XTCE: valid by the schema and by space_packet_parser's own checks")
    database = space_packet_parser.load_xtce(str(dictionary / "frigoris.xtce.xml"))
    layout, kinds = layouts(dictionary), kinds_of(database)
    flown, samples = ours(flight / "telemetry.tm"), ours(dictionary / "samples.ccsds")
    counts = [f"{len(p)} packets, {sum(len(packet.values) for packet in p)} values" for p in (flown, samples)]
    print(f"by our own decoder: {counts[0]} of the flight; samples of every kind of packet: {counts[1]}")
    packets = flown + samples
    for check in (
        lambda: with_spacepackets(packets),
        lambda: with_space_packet_parser(packets, database),
        lambda: with_ccsdspy(packets, dictionary),
        lambda: refused_when_a_bit_flips(packets),
        lambda: with_fprime(packets, dictionary),
    ):
        began = time.monotonic()
        print(f"{check()} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
