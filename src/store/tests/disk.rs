//! A disk that can lose power: what was not synced is dropped, torn or reordered.

use std::io;
use std::sync::{Arc, Mutex};

/// A small generator whose whole state is its seed.
#[derive(Debug, Clone)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Debug, Clone)]
enum Op {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug)]
struct Inner {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What survives for certain.
    synced: Vec<u8>,
    unsynced: Vec<Op>,
    /// Operations until the power goes.
    left: u64,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<Mutex<Inner>>);

const SECTOR: usize = 512;

fn apply(bytes: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Length(length) => bytes.resize(*length, 0),
        Op::Write(offset, data) => {
            let end = offset + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(data);
        }
    }
}

impl Disk {
    /// A disk with a file's bytes, whose power goes after `left` operations.
    pub(super) fn new(bytes: Vec<u8>, left: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner { seen: bytes.clone(), synced: bytes, unsynced: vec![], left })))
    }

    /// Whether the power is gone.
    pub(super) fn is_dark(&self) -> bool {
        self.0.lock().unwrap().left == 0
    }

    /// What is found when the power is back: everything synced, and of the rest what chance kept.
    pub(super) fn after_power_cut(&self, chance: &mut Chance) -> Vec<u8> {
        let inner = self.0.lock().unwrap();
        let mut bytes = inner.synced.clone();
        let mut rest = inner.unsynced.clone();
        for at in (1..rest.len()).rev() {
            rest.swap(at, chance.below(at as u64 + 1) as usize);
        }
        // Keep few, some, or most of them.
        let keep = chance.below(101);
        for op in rest {
            match op {
                Op::Length(_) if chance.below(100) < keep => apply(&mut bytes, &op),
                Op::Write(offset, data) => {
                    let whole = chance.below(100) < keep;
                    for (sector, part) in data.chunks(SECTOR).enumerate() {
                        if whole || chance.below(300) < keep {
                            apply(&mut bytes, &Op::Write(offset + sector * SECTOR, part.to_vec()));
                        }
                    }
                }
                Op::Length(_) => {}
            }
        }
        bytes
    }
}

impl Inner {
    fn spend(&mut self) -> io::Result<()> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(io::Error::other("the power is gone")) } else { Ok(()) }
    }

    fn change(&mut self, op: Op) -> io::Result<()> {
        apply(&mut self.seen, &op);
        // The operation that the power fails in may still have reached the disk.
        self.unsynced.push(op);
        self.spend()
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let inner = self.0.lock().unwrap();
        if inner.left == 0 {
            return Err(io::Error::other("the power is gone"));
        }
        let offset = offset as usize;
        let part = inner.seen.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.lock().unwrap().change(Op::Length(length as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        inner.spend()?;
        let Inner { synced, unsynced, .. } = &mut *inner;
        unsynced.drain(..).for_each(|op| apply(synced, &op));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().change(Op::Write(offset as usize, data.to_vec()))
    }
}
