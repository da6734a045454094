"""Frigoris in NASA's F Prime ground data system: its PUS packets in, its PUS telecommands out, as they are.

F Prime's own packets begin with a descriptor, an identifier and a time tag. This plug-in puts such a head in
front of the source data of ours, which stay untouched, and takes it off its commands again. The dictionary is
made by `frigoris dictionary`; how identifiers follow from services is said at the head of
crates/ground/src/export/fprime.rs.

    pip install -r python/interop-requirements.txt
    frigoris dictionary --out dictionary
    frigoris ground --packets 127.0.0.1:4812 &
    PYTHONPATH=python FPRIME_GDS_EXTRA_PLUGINS=frigoris_gds:Frigoris fprime-gds --no-app \
        --dictionary dictionary/frigoris.fprime.json --framing-selection frigoris \
        --communication-selection tcp-fast-client --tcp-fast-address 127.0.0.1 --tcp-fast-port 4812

A packet with a bad checksum is refused, raw cycles and schedule reports are left out. Commands leave as packets: authentication
and frames are the business of what radiates them.
"""

import struct

from fprime_gds.common.communication.framing import FramerDeframer
from fprime_gds.common.models.serialize.time_type import TimeType
from fprime_gds.common.utils.config_manager import ConfigManager
from fprime_gds.plugin.definitions import gds_plugin
from spacepackets.ecss import PusTc, PusTm

APID = 0x2A  # of the flight software
STATION = 0x5A  # of ground stations
LONGEST = 576  # octets of a packet
SOURCE = 1  # of telecommands: mission control
PRIMARY_HEADER = 6
TIME = 6  # octets: CUC 4 + 2, TAI since 1958
TAI_1958_TO_UTC_1970_S = 4383 * 86400 + 37  # leap seconds as since 2017
HOUSEKEEPING, EVENT = (3, 25), 5
LEFT_OUT = ((3, 26), (11, 13))  # raw cycles and the schedule: not of one length


def descriptor(name):
    return ConfigManager().get_type("ComCfg.Apid")(name).serialize()


def time_tag(cuc):
    """UTC, as F Prime shows it of a workstation's clock, to the microsecond below."""
    ticks = int.from_bytes(cuc, "big")
    seconds = (ticks >> 16) - TAI_1958_TO_UTC_1970_S
    microseconds = (ticks & 0xFFFF) * 1_000_000 >> 16
    return TimeType(TimeType.TimeBase("TB_WORKSTATION_TIME"), 0, seconds, microseconds).serialize()


@gds_plugin(FramerDeframer)
class Frigoris(FramerDeframer):
    """Frames and deframes the lander's packets."""

    def __init__(self):
        self.sequence = 0

    @classmethod
    def get_name(cls):
        return "frigoris"

    def deframe(self, data, no_copy=False):
        """One packet of F Prime's, what is left, what was thrown away."""
        refused = b""
        while len(data) >= PRIMARY_HEADER:
            first, count, length = struct.unpack_from(">HHH", data)
            whole = PRIMARY_HEADER + length + 1
            # Telemetry of ours with a secondary header, unsegmented: else look further, octet by octet.
            ours = first in (0x0800 | APID, 0x0800 | STATION) and count & 0xC000 == 0xC000 and whole <= LONGEST
            if ours and len(data) < whole:
                break
            try:
                packet = PusTm.unpack(data[:whole], TIME) if ours else None  # checks the CRC
            except Exception:  # whatever the library says: not a packet of ours
                packet = None
            if packet is None:
                refused, data = refused + data[:1], data[1:]
                continue
            data = data[whole:]
            inside = self.translate(packet)
            if inside is not None:
                return inside, data, refused
        return None, data, refused

    @staticmethod
    def translate(packet):
        service, source = (packet.service, packet.message_subtype), bytes(packet.tm_data)
        tag = time_tag(packet.timestamp)
        if service == HOUSEKEEPING:
            head = struct.pack(">H", source[0])
            return descriptor("FW_PACKET_PACKETIZED_TLM") + head + tag + source[1:]
        if service[0] == EVENT:
            head = struct.pack(">I", int.from_bytes(source[:2], "big"))
            return descriptor("FW_PACKET_LOG") + head + tag + source[2:]
        if service in LEFT_OUT:
            return None
        head = struct.pack(">BBH", *service, 0)
        return descriptor("FW_PACKET_LOG") + head + tag + source

    def frame(self, data):
        """The telecommand for a command of F Prime's; nothing for what the lander does not take."""
        command = descriptor("FW_PACKET_COMMAND")
        if data[: len(command)] != command:
            return b""
        service, subservice, length, prefix = data[len(command) : len(command) + 4]
        arguments = bytes([prefix])[:length] + data[len(command) + 4 :]
        packet = PusTc(
            service=service,
            message_subtype=subservice,
            apid=APID,
            seq_count=self.sequence,
            source_id=SOURCE,
            app_data=arguments,
        )
        self.sequence = (self.sequence + 1) % 16384
        return bytes(packet.pack())
