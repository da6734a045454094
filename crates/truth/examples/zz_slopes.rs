use icd::constants::MOON_RADIUS_M;
use icd::frames::Vector;
use nalgebra::Vector3;
use truth::environment::terrain::*;
fn place(a: f64, b: f64) -> Vector3<f64> {
    let (a, b) = (a.to_radians(), b.to_radians());
    Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin())
}
fn main() {
    let mk = |relief| {
        Terrain::new(&TerrainConfig {
            seed: 3,
            age_gyr: 3.6,
            rock_abundance: 0.01,
            relief,
            tiles: Vec::new(),
        })
        .unwrap()
    };
    let ground = mk(true);
    let bare = mk(false);
    let n = 6000;
    for (kind, boxes) in [
        (
            "mare",
            vec![
                (30., 38., -22., -12.),
                (24., 30., 15., 21.),
                (15., 20., -60., -55.),
                (59.5, 60.8, -6.0, -4.),
            ],
        ),
        ("high", vec![(-10., 20., 140., 175.), (-60., -40., 20., 40.), (10., 40., -160., -120.)]),
    ] {
        let mut pts = vec![];
        let mut k = 0.0f64;
        while pts.len() < n {
            let bx: &(f64, f64, f64, f64) = &boxes[k as usize % boxes.len()];
            let u = place(
                bx.0 + (k * 0.618034) % 1.0 * (bx.1 - bx.0),
                bx.2 + (k * 0.754878) % 1.0 * (bx.3 - bx.2),
            );
            k += 1.0;
            let s = ground.mare_share(Vector::from_si(u));
            if (kind == "mare") == (s > 0.99) && (kind == "high") == (s < 0.01) {
                pts.push(u);
            }
        }
        println!("{kind}: tried {k}");
        for l in [0.6, 1.0, 2.0, 4.0, 8.0, 17.0, 35.0, 70.0, 140.0, 280.0, 560.0, 1000.0] {
            let mut v: Vec<f64> = vec![];
            let mut c: Vec<f64> = vec![];
            for (j, u) in pts.iter().enumerate() {
                let az = j as f64 * 2.39996;
                let e = Vector3::z().cross(u).normalize();
                let d = (e * az.cos() + u.cross(&e) * az.sin()) * (l / MOON_RADIUS_M * 0.5);
                let h = |g: &Terrain, q: Vector3<f64>| g.elevation_m(Vector::from_si(q), FINEST_M);
                let two = |g: &Terrain| {
                    let d2 = u.cross(&d);
                    let a = (h(g, u + d) - h(g, u - d)) / l;
                    let b = (h(g, u + d2) - h(g, u - d2)) / l;
                    a.hypot(b).atan().to_degrees()
                };
                v.push(two(&ground));
                c.push(two(&bare));
            }
            v.sort_by(f64::total_cmp);
            c.sort_by(f64::total_cmp);
            let rms = (v.iter().map(|x| x * x).sum::<f64>() / n as f64).sqrt();
            let (s17, h) = if kind == "mare" {
                (2.0f64, if l > 17.0 { 0.76 } else { 0.9 })
            } else {
                (7.5, if l > 17.0 { 0.95 } else { 0.9 })
            };
            let p = s17 * (l / 17.0).powf(h - 1.0);
            println!(
                "{l:7.1} m: median {:5.2} p95 {:5.2} rms {:5.2}  published {:5.2} ratio {:4.2}  coarse alone {:4.2}",
                v[n / 2],
                v[n * 19 / 20],
                rms,
                p,
                v[n / 2] / p,
                c[n / 2]
            );
        }
    }
}
