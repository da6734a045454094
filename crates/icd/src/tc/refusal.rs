//! Why a command was not obeyed: one code from the receiver to the console.

macro_rules! refusals {
    ($($code:literal $name:ident $({ $argument:ident })? $text:literal;)+) => {
        /// Why a command was refused or failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Refusal {
            $(#[doc = $text] $name $({
                /// Number of the argument in its command, from zero.
                $argument: u8
            })?,)+
        }
        impl Refusal {
            /// Every code with its sentence, none first.
            pub const NAMES: &'static [(u8, &'static str)] = &[(0, "none"), $(($code, $text)),+];
            /// Code on the wire, and the number of the argument; 255 where there is none.
            pub const fn wire(self) -> (u8, u8) {
                match self { $(Self::$name $({ $argument })? => ($code, refusals!(@ $($argument)?))),+ }
            }
            /// The inverse of [`Self::wire`].
            pub const fn of_wire(code: u8, argument: u8) -> Option<Self> {
                let _ = argument;
                match code { $($code => Some(Self::$name $({ $argument: argument })?),)+ _ => None }
            }
            /// One sentence for a person.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name $({ $argument: _ })? => $text),+ }
            }
        }
    };
    (@) => { 255 };
    (@ $argument:ident) => { $argument };
}

refusals! {
    1  NotAPacket "Not a telecommand packet";
    2  Checksum "The packet's checksum is wrong";
    3  ForeignProcess "For another application process";
    4  UnknownService "No such service";
    5  UnknownCommand "No such command";
    6  WrongLength "Too few or too many octets of arguments";
    7  OutOfRange { argument } "An argument lies outside its range";
    8  NoSuchChoice { argument } "An argument is none of its choices";
    9  Nested "A schedule cannot hold a schedule";
    16 BrokenFrame "Not a telecommand frame";
    17 FrameChecksum "The frame's checksum is wrong";
    18 ForeignSpacecraft "For another spacecraft or channel";
    19 Forged "The authentication code is wrong";
    20 Replayed "The security sequence number was used before";
    21 OutOfSequence "The frame is not the one that follows";
    22 LockedOut "Frame acceptance is locked out";
    32 NotArmed "Hazardous, and not armed in time";
    33 WrongPhase "Not in this phase of the flight";
    34 OutOfReach "Propellant or height do not allow it";
    35 ScheduleFull "The schedule is full";
    36 TimePassed "Its time has passed";
    37 NotFitted "This lander has none";
    38 Silent "The unit does not answer";
}

impl Refusal {
    /// Code on the wire.
    pub const fn code(self) -> u8 {
        self.wire().0
    }
    /// Number of the argument that is wrong, from zero.
    pub const fn argument(self) -> Option<u8> {
        match self {
            Self::OutOfRange { argument } | Self::NoSuchChoice { argument } => Some(argument),
            _ => None,
        }
    }
}
