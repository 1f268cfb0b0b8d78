using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class CellTrackerTests
{
    private static readonly Grid Pixels = new(new Size3(6, 400, 500), new Point3(100, 50, 50));

    private static Box Square(int x, int y, int side, double score = 0.6) => new(0, x, y, side, side, score);

    private static IReadOnlyList<CellTrack> Follow(Box[][] sections, CellTrackerOptions? options = null, SliceShifts? shifts = null) =>
        CellTracker.Follow(sections, Pixels, shifts, options ?? new CellTrackerOptions(), new Job(1));

    [Fact]
    public void Cells_are_followed_and_their_largest_section_is_the_central_one()
    {
        Box[][] sections = [[Square(100, 100, 20)], [Square(97, 98, 26), Square(300, 50, 30)], [Square(96, 97, 30), Square(301, 52, 28)], [Square(99, 99, 24)]];
        IReadOnlyList<CellTrack> cells = Follow(sections);
        Assert.Equal([(1, 0, 3, 2), (2, 1, 2, 1)], cells.Select(c => (c.Number, c.First, c.Last, c.Central)));
        Assert.Equal([1, 1, 1, 1], cells[0].Boxes.Select(b => b.Cell));
        Assert.Equal([0, 1, 2, 3], cells[0].Boxes.Select(b => b.Slice));
        Assert.Single(Follow(sections, new CellTrackerOptions { LeastSections = 3 }));
    }

    [Fact]
    public void A_section_that_lacks_a_cell_is_bridged_up_to_the_limit()
    {
        Box[][] sections = [[Square(100, 100, 30)], [], [Square(102, 100, 30)], [], [], [Square(104, 100, 30)]];
        Assert.Equal([2, 1], Follow(sections).Select(c => c.Boxes.Count));
        Assert.Equal([1, 1, 1], Follow(sections, new CellTrackerOptions { MostMissing = 0 }).Select(c => c.Boxes.Count));
        Assert.Equal([3], Follow(sections, new CellTrackerOptions { MostMissing = 2 }).Select(c => c.Boxes.Count));
    }

    [Fact]
    public void A_dim_cell_counts_where_the_next_section_is_sure_of_it()
    {
        Box[][] sections = [[Square(100, 100, 30, 0.12)], [Square(100, 100, 30, 0.15)], [Square(100, 100, 30)], [Square(300, 300, 30, 0.2)], [Square(300, 300, 30, 0.05)]];
        CellTrack cell = Assert.Single(Follow(sections));
        Assert.Equal((0, 2, 0.6), (cell.First, cell.Last, cell.Score));
    }

    [Fact]
    public void A_cell_that_is_dim_everywhere_counts_when_enough_sections_in_a_row_show_it()
    {
        Box dim = Square(100, 100, 30, 0.12);
        int Kept(Box[][] sections, int confirming) => Follow(sections, new CellTrackerOptions { ConfirmingSections = confirming }).Sum(t => t.Boxes.Count);
        Assert.Equal(3, Kept([[dim], [dim], [dim]], 3));
        Assert.Equal(0, Kept([[dim], [dim], [dim]], 4));
        Assert.Equal(0, Kept([[dim], [dim], [dim]], 0));
        // What bridges a gap is not in a row.
        Assert.Equal(0, Kept([[dim], [dim], [], [dim]], 3));
        Assert.Equal(2, Kept([[dim], [dim], [], [dim]], 2));
        // Elsewhere, or below the least confirmed score, is no confirmation.
        Assert.Equal(0, Kept([[dim], [dim], [Square(200, 100, 30, 0.12)]], 3));
        Assert.Equal(0, Kept([[dim], [dim], [dim with { Score = 0.09 }]], 3));
    }

    [Fact]
    public void Crossing_cells_are_paired_as_is_best_for_all()
    {
        // Each box of the second section overlaps both of the first; greedily the first would take the second's.
        Box[][] sections = [[Square(100, 100, 40), Square(110, 100, 40)], [Square(108, 100, 40), Square(122, 100, 40)]];
        Assert.Equal([(100, 108), (110, 122)], Follow(sections).Select(c => (c.Boxes[0].X, c.Boxes[1].X)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Sections_are_aligned_first(double degrees)
    {
        // The second section lies 40 pixels to the right and 15 up, turned about the image's centre: its shift brings it back.
        var back = new SliceShift(15 * 50, -40 * 50, -degrees);
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        Box Turned(Box b)
        {
            // The shift turns first and moves then; so the way there moves first.
            double x = b.X + 14.5 - 249.5 + 40, y = b.Y + 14.5 - 199.5 - 15;
            return b with { X = (int)Math.Round(cos * x - sin * y + 249.5 - 14.5), Y = (int)Math.Round(cos * y + sin * x + 199.5 - 14.5) };
        }
        Box[] first = [Square(100, 100, 30), Square(380, 330, 30), Square(60, 300, 30)];
        Box[][] sections = [first, [.. first.Select(Turned)]];
        Assert.Equal(3, Follow(sections, null, new SliceShifts([default, back])).Count);
        Assert.Equal(6, Follow(sections, new CellTrackerOptions { MinimumDice = 0.5 }).Count);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        void Refused(CellTrackerOptions options, string name) => Assert.Contains(name, Assert.Throws<BadInputException>(() => Follow([[]], options)).Message, StringComparison.Ordinal);
        Refused(new CellTrackerOptions { MinimumDice = 0 }, "track_dice");
        Refused(new CellTrackerOptions { MostMissing = -1 }, "track_missing");
        Refused(new CellTrackerOptions { MinimumScore = double.NaN }, "cell_score");
        Refused(new CellTrackerOptions { ConfirmedScore = 0.5 }, "track_score");
        Refused(new CellTrackerOptions { ConfirmingSections = 1 }, "track_confirming");
        Refused(new CellTrackerOptions { ConfirmingSections = -1 }, "track_confirming");
        Refused(new CellTrackerOptions { LeastSections = 0 }, "track_sections");
        Assert.Contains("shifts", Assert.Throws<BadInputException>(() => Follow([[], []], null, new SliceShifts([default]))).Message, StringComparison.Ordinal);
        Assert.Empty(Follow([]));
        Assert.Empty(Follow([[], [], []]));
    }
}
