//! Events: what the lander announces by name. One table; code, telemetry and report read it.

/// How loudly an event is announced. The values are those of PUS service 5 subtypes [ECSS41].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// Planned, for the log.
    Info = 1,
    /// Off-nominal, handled.
    Low = 2,
    /// Off-nominal, margin spent.
    Medium = 3,
    /// Threatens the landing.
    High = 4,
}

macro_rules! events {
    ($($code:literal $name:ident $severity:ident $text:literal;)+) => {
        /// An event the flight software can raise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Event {
            $(#[doc = $text] $name = $code,)+
        }
        impl Event {
            /// Every event, in order of code.
            pub const ALL: &'static [Event] = &[$(Event::$name),+];
            /// Numeric code on the wire.
            pub const fn code(self) -> u16 {
                self as u16
            }
            /// Name, as scenario files and reports spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Event::$name => stringify!($name)),+ }
            }
            /// Severity class.
            pub const fn severity(self) -> Severity {
                match self { $(Event::$name => Severity::$severity),+ }
            }
            /// One sentence for a person.
            pub const fn text(self) -> &'static str {
                match self { $(Event::$name => $text),+ }
            }
        }
    };
}

events! {
    1  DeorbitStarted Info "Deorbit burn started";
    2  DeorbitEnded Info "Deorbit burn ended, coasting to perilune";
    3  IgnitionArmed Info "Attitude set and settled for ignition";
    4  BrakingStarted Info "Main and assist engines on: braking";
    5  PitchUpStarted Info "High gate: pitching up";
    6  TerminalStarted Info "Vertical: terminal descent";
    7  MainEngineOff Info "Main engine shut down, assist engines alone";
    8  Contact Info "Ground contact sensed";
    9  EnginesCutOff Info "All engines cut off";
    10 Landed Info "Landed: contact and inertial evidence agree";
    20 RangefinderAcquired Info "First valid range fused";
    21 RangefinderLate Medium "Rangefinder silent where it should see the ground";
    22 RangeRejected Low "A valid range fell outside the gate";
    23 RangefinderLockedOut High "Rangefinder shut out for good after repeated rejections";
    24 RangefinderReacquired Medium "Altitude re-initialised on consistent ranges";
    25 RangefinderStuck Medium "Rangefinder repeats one value exactly";
    26 RangefinderFault Low "Rangefinder reports a fault";
    27 TimeTagRefused Low "A time tag lies in the future or further back than navigation remembers";
    28 RangefinderDistrusted Medium "Rangefinder not believed: its ranges are weighed but not used";
    29 RangefinderTrusted Info "Rangefinder believed again";
    30 VelocimeterAcquired Info "First velocimeter beams fused";
    31 VelocityRejected Low "A velocimeter beam fell outside the gate";
    32 RadarAcquired Info "First radar altitude fused";
    33 CameraAcquired Info "First landmarks fused";
    34 RadarRejected Low "A radar altitude fell outside the gate";
    35 LandmarkRejected Low "Most landmarks of a frame were seen where they cannot be";
    36 RangefinderNoisy Medium "Rangefinder much noisier than specified: weighed by its real noise";
    37 PositionReopened Medium "Position doubted: landmarks agree that the lander is elsewhere";
    38 RadarDistrusted Medium "Radar altimeter not believed: its ranges are weighed but not used";
    39 RadarTrusted Info "Radar altimeter believed again";
    40 CorridorRaised Medium "Descent slowed: altitude is not known well enough for the planned speed";
    41 SpeedExceedsCorridor High "Descending faster than the engines can stop above the ground";
    42 CreepStarted Medium "Ground may be anywhere below: creeping until it is sensed";
    43 CorridorForPropellant Medium "Corridor relaxed: propellant does not allow the slower descent";
    44 VelocimeterLost Medium "Velocimeter silent, rejected or not believed for long in powered descent";
    45 VelocimeterDistrusted Medium "Velocimeter not believed: ranges and inertial unit agree against its speeds";
    46 VelocimeterTrusted Info "Velocimeter believed again";
    47 VelocityReopened Medium "Velocity doubted: velocimeter and ranges agree that it is wrong";
    50 ThrustDeviates Medium "Sensed thrust differs from the commanded one";
    51 ImuSaturated High "Inertial unit saturated";
    52 ImuFault High "Inertial unit reports itself unfit";
    53 AccelerometersSilent High "Engines burn and no acceleration is sensed: thrust model in its place";
    54 EngineOut High "An assist engine gives no thrust: the others take its share";
    55 JetStuck Medium "The body turns as if a jet stayed open";
    56 ClockJumped Medium "Time ran backwards or jumped: the gap is bridged by the laws of motion";
    57 ThrustInExcess High "More thrust is sensed than commanded";
    60 AltitudeContradiction High "Navigation altitude is below ground without contact";
    61 PropellantLow Medium "Propellant estimate below the planned reserve";
    62 AltitudeReset High "Altitude is believed no longer: any range may set it anew";
    63 SwitchDisbelieved Low "A touchdown switch is closed in flight: it has no vote until it opens";
    64 ContactInferred Info "Ground contact inferred: the ground carries the lander, no switch says so";
    65 CutOffRevoked High "Engines were cut off in free fall: they burn again";
    66 Resumed Medium "Computer restarted in flight: descent resumed from the saved state";
    70 HazardScan Info "Scanning the ground below for hazards";
    71 SiteChosen Info "Safer ground chosen: the landing point moves there";
    72 NoSafeSite Medium "No ground in reach looks safe: the least unsafe is aimed at";
    73 HazardLidarSilent Medium "Hazard lidar does not answer: landing without looking";
    74 PlanReady Info "Way of least propellant to the chosen place planned and verified: it is flown";
    75 PlanInfeasible Low "No plan to the chosen place within the limits: the closed form flies";
    76 PlanLeft Low "Plan left: state or thrust are no longer those it was made for";
    80 OrderAccepted Info "Command from the ground accepted";
    81 OrderRefused Low "Command from the ground refused";
    82 Armed Low "Hazardous command armed by the ground";
    83 ArmExpired Info "Armed command not sent in time: disarmed";
    84 HeldByGround Medium "No go: the lander stays on orbit until told to go";
    85 Released Info "Go: the descent goes on";
    86 WavedOff High "Landing called off by the ground";
    87 Diverted Medium "Landing point moved by the ground";
    88 SensorUseOrdered Medium "The ground ordered how a sensor is used";
    89 ParameterLoaded Low "Parameter loaded by the ground";
    90 RangefinderRestarted Medium "Rangefinder switched off and on by the ground";
    91 Rebooting High "Flight computer restarted by the ground";
    92 ScheduleFull Low "Schedule is full: a command was not taken";
    93 ScheduledReleased Info "Scheduled command carried out";
    94 ScheduleLate Low "Time of a scheduled command has passed: it is dropped";
    95 TransmitterOrdered Low "Transmitter switched by the ground";
    96 BitRateChanged Info "Bit rate of the main transmitter changed";
    97 DumpStarted Info "Stored telemetry is being sent again";
    98 DumpEnded Info "Stored telemetry has been sent";
    99 UplinkForged High "Command with a wrong authentication code or a used number refused";
    100 UplinkLockedOut Medium "Command frames out of sequence: acceptance locked until unlocked";
    101 ContactLost Medium "No signal from the ground for long: trying to be heard again";
    102 ContactRegained Info "Signal from the ground again";
    110 DeorbitBroken Medium "Deorbit burn broken off: its rest comes a revolution later";
    111 OpportunityMissed Medium "Held past the last moment for braking: around once more";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ascending() {
        assert!(Event::ALL.windows(2).all(|w| w[0].code() < w[1].code()));
    }
}
