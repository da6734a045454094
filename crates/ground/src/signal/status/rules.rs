//! The table of evidence: what is looked at, how many points it gives, and why.

use super::{Doppler, Facts, Rule, Source};
use super::{FALL_M_S2, FATAL_M_S, HELD_S, REST_M_S, REST_M_S2, WITH_IMPACT_S};
use icd::time::Span;

/// Every piece of evidence that is looked at.
pub const RULES: &[Rule] = &[
    Rule {
        id: "carrier outlives contact",
        source: Source::Carrier,
        when: "carrier locked 10 s after a reported soft contact",
        weight: 3,
        why: "a transmitter that works after the touchdown was not crushed by it",
        holds: |f| {
            let held_s = f.carrier_after(f.soft_contact()?.t);
            (held_s >= HELD_S).then(|| format!("carrier held for {held_s:.0} s after contact"))
        },
    },
    Rule {
        id: "carrier after last propellant",
        source: Source::Carrier,
        when: "carrier locked after the last moment at which propellant could keep up a lander that had begun to brake",
        weight: 4,
        why: "nothing flies without propellant, nothing transmits after falling; needs no word from on board",
        holds: |f| {
            let over_s = f.carrier_after(f.down_by()?);
            (over_s > 0.0)
                .then(|| format!("carrier {over_s:.0} s after the last propellant and a fall"))
        },
    },
    Rule {
        id: "carrier after planned touchdown",
        source: Source::Carrier,
        when: "carrier locked 30 s after the planned touchdown, propellant may still last",
        weight: 1,
        why: "not crushed so far; a lander that hovers in error does the same",
        holds: |f| {
            let over_s = f.carrier_after(f.planned_touchdown?);
            (over_s > 30.0 && !f.surely_down() && f.contact.is_none())
                .then(|| format!("carrier {over_s:.0} s after the planned touchdown"))
        },
    },
    Rule {
        id: "carrier ends at impact",
        source: Source::Carrier,
        when: "carrier lost within 2 s of where the last state meets the ground at over 10 m/s",
        weight: -3,
        why: "two independent clocks name the same moment: motion and radio",
        holds: |f| {
            let (impact, carrier) = (f.near()?, f.carrier?);
            let (from, to) = (impact.earliest, impact.latest?);
            let slack = Span::from_s(WITH_IMPACT_S);
            let within = carrier >= from - slack && carrier <= to + slack;
            (!f.locked && within && impact.gentlest_m_s > FATAL_M_S).then(|| {
                format!("carrier ended {carrier} UTC, impact reckoned from {from} to {to}")
            })
        },
    },
    Rule {
        id: "silence",
        source: Source::Carrier,
        when: "no carrier of either transmitter for 10 s though a station should hear it, ground must have come",
        weight: -2,
        why: "a destroyed lander is silent; so is one whose antenna points away",
        holds: |f| {
            let silent_s = f.silent_since_s();
            (f.expected
                && !f.locked
                && f.window_closed()
                && silent_s >= HELD_S
                && f.soft_contact().is_none())
            .then(|| format!("silent for {silent_s:.0} s in view of a station"))
        },
    },
    Rule {
        id: "silence after contact",
        source: Source::Carrier,
        when: "no carrier for 10 s after a soft contact though a station should hear it",
        weight: -1,
        why: "it may have tipped over after a soft arrival",
        holds: |f| {
            f.soft_contact()?;
            let silent_s = f.silent_since_s();
            (f.expected && !f.locked && silent_s >= HELD_S)
                .then(|| format!("silent for {silent_s:.0} s after contact"))
        },
    },
    Rule {
        id: "Doppler of a place at rest",
        source: Source::Doppler,
        when: "line-of-sight acceleration below 0.06 m/s² for 10 s, within 0.5 m/s of the target's if predicted; contact reported, or no propellant can be left",
        weight: 3,
        why: "only what stands on the Moon turns with it for long; measured on Earth",
        holds: |f| {
            let doppler = at_rest(f)?;
            (f.surely_down() || f.soft_contact().is_some()).then(|| rest_text(&doppler))
        },
    },
    Rule {
        id: "Doppler of rest or of a hover",
        source: Source::Doppler,
        when: "the same, but propellant may still last and no contact is reported",
        weight: 1,
        why: "a lander that hovers in error shows the same",
        holds: |f| {
            let doppler = at_rest(f)?;
            (!f.surely_down() && f.soft_contact().is_none()).then(|| rest_text(&doppler))
        },
    },
    Rule {
        id: "Doppler of a fall",
        source: Source::Doppler,
        when: "line-of-sight acceleration over 0.8 m/s²",
        weight: -4,
        why: "half of lunar gravity or more along the line of sight: nothing that stands does so",
        holds: |f| {
            let doppler = f.doppler?;
            (doppler.over_s >= 3.0 && doppler.rate_m_s2.abs() > FALL_M_S2)
                .then(|| format!("line-of-sight acceleration {:.2} m/s²", doppler.rate_m_s2))
        },
    },
    Rule {
        id: "soft contact",
        source: Source::Contact,
        when: "contact event or two touchdown switches, last descent speed at most 3 m/s",
        weight: 3,
        why: "switches do not know what navigation believes",
        holds: |f| {
            let contact = f.soft_contact()?;
            Some(format!("contact {} UTC at {:.1} m/s", contact.t, contact.speed_m_s))
        },
    },
    Rule {
        id: "hard contact",
        source: Source::Contact,
        when: "contact reported at over 10 m/s",
        weight: -3,
        why: "contact at that speed is an impact",
        holds: |f| {
            let contact = f.contact.filter(|contact| contact.speed_m_s > FATAL_M_S)?;
            Some(format!("contact {} UTC at {:.0} m/s", contact.t, contact.speed_m_s))
        },
    },
    Rule {
        id: "engines cut off",
        source: Source::Contact,
        when: "engines reported cut off after soft contact, and not restarted",
        weight: 1,
        why: "the computer lived to do it; follows from contact, so little new",
        holds: |f| {
            f.soft_contact()?;
            f.cut_off.then(|| "engines cut off after contact".into())
        },
    },
    Rule {
        id: "landed on board",
        source: Source::Contact,
        when: "on board, contact and inertial rest were found to agree",
        weight: 2,
        why: "the inertial unit felt the ground carry the lander",
        holds: |f| {
            f.soft_contact()?;
            f.landed_on_board.then(|| "on board: contact and inertial evidence agree".into())
        },
    },
    Rule {
        id: "estimate discredited",
        source: Source::Contact,
        when: "navigation is at or below the ground, or says so itself by alarm, and no contact was felt",
        weight: -2,
        why: "the ground is not where navigation believes it; so was Mission 1",
        holds: |f| {
            let last = f.last?;
            (f.contact.is_none() && (f.contradiction || last.altitude_m <= 0.0)).then(|| {
                format!("navigation says {:.1} m and nothing was touched", last.altitude_m)
            })
        },
    },
    Rule {
        id: "cannot stop",
        source: Source::Telemetry,
        when: "last state within 30 s of the ground, and even two sigma high and slow it arrives at over 10 m/s with the thrust last seen",
        weight: -3,
        why: "speed is the best known part of a state; more thrust than seen would be needed",
        holds: |f| {
            let impact = f.near().filter(|impact| impact.gentlest_m_s > FATAL_M_S)?;
            let last = f.last?;
            Some(format!(
                "last state {:.0} m, {:.0} m/s down: ground reached at {:.0} m/s or more",
                last.altitude_m, -last.v_up_m_s, impact.gentlest_m_s
            ))
        },
    },
    Rule {
        id: "fast fall with no ground below",
        source: Source::Telemetry,
        when: "last state at over 30 m/s down, where navigation has no altitude left",
        weight: -3,
        why: "altitude is unknown there, but speed is not: it was not landing",
        holds: |f| {
            let last = f.last?;
            (f.contact.is_none() && last.altitude_m <= 0.0 && last.v_up_m_s < -30.0)
                .then(|| format!("{:.0} m/s down in the last telemetry", -last.v_up_m_s))
        },
    },
    Rule {
        id: "too fast by its own reckoning",
        source: Source::Telemetry,
        when: "alarm that the speed exceeds what the engines can stop, in the last telemetry before any contact",
        weight: -2,
        why: "the flight software knows its engines",
        holds: |f| {
            (f.too_fast && f.contact.is_none())
                .then(|| "alarm in the last telemetry: too fast to stop".into())
        },
    },
    Rule {
        id: "faster than planned",
        source: Source::Telemetry,
        when: "last state over the ground descends at more than one and a half times the planned speed there, and 3 m/s",
        weight: -1,
        why: "the planned profile can be stopped; this is not on it",
        holds: |f| {
            let last = f.last.filter(|last| last.altitude_m > 0.0)?;
            let planned_m_s = f.planned_descent_m_s?;
            (f.contact.is_none() && -last.v_up_m_s > 1.5 * planned_m_s + 3.0).then(|| {
                format!("{:.0} m/s down where {planned_m_s:.0} was planned", -last.v_up_m_s)
            })
        },
    },
    Rule {
        id: "every way tried",
        source: Source::Procedure,
        when: "the reconnect procedure ran to its end without an answer, every harmless command of it was sent",
        weight: -2,
        why: "spare transmitter and antenna would have answered for most single faults",
        holds: |f| {
            (f.tried_all && !f.locked).then(|| "no answer to any step of the procedure".into())
        },
    },
    Rule {
        id: "navigation believes in rest",
        source: Source::Estimate,
        when: "last state within 5 m of the ground and slower than 1.5 m/s",
        weight: 0,
        why: "shown, never counted: Mission 1 believed so 5 km up",
        holds: |f| {
            let last = f.last?;
            (last.altitude_m.abs() < 5.0 && last.v_up_m_s.abs() < 1.5).then(|| {
                format!("navigation says {:.1} m, {:.1} m/s", last.altitude_m, last.v_up_m_s)
            })
        },
    },
];

fn at_rest(f: &Facts) -> Option<Doppler> {
    let doppler = f.doppler.filter(|_| f.locked)?;
    let near = doppler.off_rest_m_s.is_none_or(|off| off.abs() < REST_M_S);
    (doppler.over_s >= 10.0 && doppler.rate_m_s2.abs() < REST_M_S2 && near).then_some(doppler)
}

fn rest_text(doppler: &Doppler) -> String {
    let off = match doppler.off_rest_m_s {
        Some(off) => format!(", {off:+.2} m/s off the target's"),
        None => String::new(),
    };
    format!("line-of-sight acceleration {:+.3} m/s²{off}", doppler.rate_m_s2)
}
