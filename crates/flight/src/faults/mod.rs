//! Fault management: what disagrees, for how long, and what is done about it.
//!
//! | monitor | signal | threshold, persistence | response | event | exit |
//! |---|---|---|---|---|---|
//! | range gate | ν of a valid range | fixed width, or k σ | reject the sample | `RangeRejected` | next sample |
//! | lock-out (as flown only) | rejections in a row | 10 | shut out | `RangefinderLockedOut` | none: that is the flaw |
//! | re-acquisition (resilient) | rejected ranges over 2.5 s | consistent, follow the motion, plausible | widen altitude, fuse | `RangefinderReacquired` | 5 s apart, 4 a descent |
//! | stuck | exact repeats | 4 | reject the sample | `RangefinderStuck` | first other value |
//! | late | silent while surely in reach | 3 s | corridor stays low | `RangefinderLate` | first fused range |
//! | corridor (resilient) | speed the engines can stop above worst ground | every frame | slow down | `CorridorRaised`, `SpeedExceedsCorridor` | altitude known |
//! | thrust | sensed against commanded | 15 %, 1 s | alarm | `ThrustDeviates` | agreement |
//! | creep (resilient) | corridor at its creep speed | every frame | fall at 20 m/s until a range | `CreepStarted` | altitude known |
//! | velocity gate | ν of a beam | 5 σ | reject the sample | `VelocityRejected` | next sample |
//! | time tag | age of a report | in the future, or over 3 s | reject the report | `TimeTagRefused` | next good tag |
//! | inertial unit | saturated, or unfit by its own test | one cycle | alarm | `ImuSaturated`, `ImuFault` | next good sample |
//! | propellant | estimate below the reserve | 1 s, after the gate | alarm | `PropellantLow` | – |
//! | contradiction | altitude below −20 m without contact | 2 s | alarm | `AltitudeContradiction` | altitude above −20 m |

pub mod monitors;
pub mod rangefinder;
