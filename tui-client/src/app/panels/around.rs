//! The part of a long list that is in view: blocks of rows around the chosen one. Pure.

/// Blocks of rows around the chosen one, as many rows as fit: from the first block on, or with the chosen one at the bottom.
pub(crate) fn around<T>(at: usize, len: usize, height: usize, rows: impl Fn(usize) -> Vec<T>) -> Vec<(usize, T)> {
    let mut shown: Vec<(usize, T)> = rows(at).into_iter().take(height).map(|row| (at, row)).collect();
    for index in (0..at).rev() {
        if shown.len() >= height {
            break;
        }
        let free = height - shown.len();
        let block = rows(index);
        let cut = block.len().saturating_sub(free);
        shown.splice(0..0, block.into_iter().skip(cut).map(|row| (index, row)));
    }
    for index in at + 1..len {
        if shown.len() >= height {
            break;
        }
        let free = height - shown.len();
        shown.extend(rows(index).into_iter().take(free).map(|row| (index, row)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_block_is_always_whole_where_it_fits() {
        let sizes = [2, 3, 1, 9, 2];
        let shown = |at, height| -> Vec<(usize, usize)> {
            around(at, sizes.len(), height, |index| (0..sizes[index]).collect())
        };
        assert_eq!(shown(0, 4), [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!(shown(2, 4), [(1, 0), (1, 1), (1, 2), (2, 0)]);
        assert_eq!(shown(2, 3), [(1, 1), (1, 2), (2, 0)]);
        assert_eq!(shown(3, 4), [(3, 0), (3, 1), (3, 2), (3, 3)]);
        assert_eq!((shown(4, 99).len(), shown(0, 0)), (17, vec![]));
    }
}
