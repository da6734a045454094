//! A configuration folder for a Yamcs server [Yamcs5], with the XTCE database inside.
//!
//! Owns: the files. They were written from its documentation and never run: no server is in the package
//! sources this was built from. Every file says so.

use std::path::{Path, PathBuf};

const UNTESTED: &str =
    "# Written from the documentation of Yamcs and NOT RUN: expect to correct it.\n";

const README: &str = "\
# Frigoris in Yamcs

**Untested.** These files were written from the documentation of Yamcs and its quickstart example; no server was
at hand to run them. Whoever runs them first is asked to say what had to be changed.

- `etc/` and `mdb/` belong into the folder of a Yamcs installation.
- Telemetry: whole space packets over TCP, Yamcs being the client (`host`, `port` in `etc/yamcs.frigoris.yaml`);
  `telemetry.tm` of any flight is such a stream.
- Telecommands: whole packets over TCP. Authentication and frames are the business of what radiates them.
- Time: CUC 4 + 2 of TAI since 1958, preamble implicit (1E hex).
- The database is `frigoris.xtce.xml` under another name.
";

const SERVER: &str = "\
services:
  - class: org.yamcs.http.HttpServer
    args:
      port: 8090
      address: 127.0.0.1
dataDir: yamcs-data
instances:
  - frigoris
";

const INSTANCE: &str = "\
services:
  - class: org.yamcs.archive.XtceTmRecorder
  - class: org.yamcs.archive.ParameterRecorder
  - class: org.yamcs.archive.AlarmRecorder
  - class: org.yamcs.archive.EventRecorder
  - class: org.yamcs.archive.ReplayServer
  - class: org.yamcs.archive.CommandHistoryRecorder
  - class: org.yamcs.parameterarchive.ParameterArchive
  - class: org.yamcs.ProcessorCreatorService
    args:
      name: realtime
      type: realtime

dataLinks:
  - name: telemetry
    class: org.yamcs.tctm.TcpTmDataLink
    stream: tm_realtime
    host: 127.0.0.1
    port: 10015
    packetInputStreamClassName: org.yamcs.tctm.CcsdsPacketInputStream
    packetPreprocessorClassName: org.yamcs.tctm.pus.PusPacketPreprocessor
    packetPreprocessorArgs:
      pktTimeOffset: 13
      errorDetection:
        type: CRC-16-CCIIT
      timeEncoding:
        type: CUC
        epoch: TAI
        implicitPField: 30
  - name: telecommands
    class: org.yamcs.tctm.TcpTcDataLink
    stream: tc_realtime
    host: 127.0.0.1
    port: 10025
    commandPostprocessorClassName: org.yamcs.tctm.pus.PusCommandPostprocessor
    commandPostprocessorArgs:
      errorDetection:
        type: CRC-16-CCIIT

mdb:
  - type: xtce
    args:
      file: mdb/frigoris.xml

streamConfig:
  tm:
    - name: tm_realtime
    - name: tm_dump
  cmdHist: [cmdhist_realtime, cmdhist_dump]
  event: [events_realtime, events_dump]
  param: [pp_realtime, sys_param, proc_param]
  parameterAlarm: [alarms_realtime]
  tc: [tc_realtime]
";

const PROCESSORS: &str = "\
realtime:
  services:
    - class: org.yamcs.StreamTmPacketProvider
      args:
        streams: [tm_realtime]
    - class: org.yamcs.StreamTcCommandReleaser
      args:
        stream: tc_realtime
    - class: org.yamcs.tctm.StreamParameterProvider
    - class: org.yamcs.parameter.LocalParameterManager
  config:
    subscribeAll: true
    alarm:
      parameterCheck: true
      parameterServer: enabled
Archive:
  services:
    - class: org.yamcs.tctm.ReplayService
ParameterArchive:
  services:
    - class: org.yamcs.tctm.ReplayService
ArchiveRetrieval:
  services:
    - class: org.yamcs.tctm.ReplayService
";

/// The files with their contents; `database` is the XTCE document.
pub fn documents(database: String) -> Vec<(PathBuf, String)> {
    let file = |name: &str, content: String| (Path::new("yamcs").join(name), content);
    let yaml = |name: &str, content: &str| file(name, format!("{UNTESTED}{content}"));
    vec![
        file("README.md", README.to_string()),
        yaml("etc/yamcs.yaml", SERVER),
        yaml("etc/yamcs.frigoris.yaml", INSTANCE),
        yaml("etc/processor.yaml", PROCESSORS),
        file("mdb/frigoris.xml", database),
    ]
}
