using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Pixels of one row of a slice.</summary>
/// <param name="Y">The row.</param>
/// <param name="From">The first column.</param>
/// <param name="To">One beyond the last.</param>
public readonly record struct PixelRun(int Y, int From, int To);

/// <summary>Pixels of a slice that are one organelle's: runs, rows ascending and columns within them.</summary>
public sealed class SliceMask
{
    private readonly PixelRun[] _runs;

    /// <summary>Takes runs, which do not overlap and are in order.</summary>
    internal SliceMask(PixelRun[] runs)
    {
        _runs = runs;
        (Left, Right) = (int.MaxValue, int.MinValue);
        double x = 0, y = 0;
        foreach (PixelRun run in runs)
        {
            int length = run.To - run.From;
            Area += length;
            (Left, Right) = (Math.Min(Left, run.From), Math.Max(Right, run.To));
            x += length * (run.From + run.To - 1) / 2.0;
            y += (double)length * run.Y;
        }
        (Top, Bottom) = runs.Length == 0 ? (0, 0) : (runs[0].Y, runs[^1].Y + 1);
        if (Area > 0) (CentreX, CentreY) = (x / Area, y / Area);
        else (Left, Right) = (0, 0);
    }

    /// <summary>The runs.</summary>
    public ReadOnlySpan<PixelRun> Runs => _runs;

    /// <summary>Pixels.</summary>
    public long Area { get; }

    /// <summary>The first column.</summary>
    public int Left { get; }

    /// <summary>One beyond the last column.</summary>
    public int Right { get; }

    /// <summary>The first row.</summary>
    public int Top { get; }

    /// <summary>One beyond the last row.</summary>
    public int Bottom { get; }

    /// <summary>The centre of mass along x, pixels.</summary>
    public double CentreX { get; }

    /// <summary>The centre of mass along y.</summary>
    public double CentreY { get; }

    /// <summary>The radius of a disc as large, pixels.</summary>
    public double Radius => Math.Sqrt(Area / Math.PI);

    /// <summary>The set pixels of a part of a slice.</summary>
    /// <param name="pixels">The part.</param>
    /// <param name="top">The slice's row of its first row.</param>
    /// <param name="left">The slice's column of its first column.</param>
    public static SliceMask Of(Plane<bool> pixels, int top, int left)
    {
        var runs = new List<PixelRun>();
        for (int y = 0; y < pixels.Height; y++)
        {
            Span<bool> row = pixels.Row(y);
            for (int x = row.IndexOf(true); x >= 0 && x < row.Length;)
            {
                int end = row[x..].IndexOf(false);
                end = end < 0 ? row.Length : x + end;
                runs.Add(new PixelRun(top + y, left + x, left + end));
                int next = row[end..].IndexOf(true);
                x = next < 0 ? row.Length : end + next;
            }
        }
        return new SliceMask([.. runs]);
    }

    /// <summary>The pixels as a part of a slice, that of the mask's own box with a rim.</summary>
    /// <param name="top">The slice's row of the part's first row.</param>
    /// <param name="left">The slice's column of its first column.</param>
    /// <param name="height">Rows of the part; all of the mask lies in it.</param>
    /// <param name="width">Columns of the part.</param>
    public Plane<bool> ToPlane(int top, int left, int height, int width)
    {
        var plane = new Plane<bool>(height, width);
        foreach (PixelRun run in _runs) plane.Row(run.Y - top)[(run.From - left)..(run.To - left)].Fill(true);
        return plane;
    }

    /// <summary>Pixels that two masks share after the first is moved.</summary>
    /// <param name="a">The one that is moved.</param>
    /// <param name="b">The other.</param>
    /// <param name="dy">By so many rows.</param>
    /// <param name="dx">By so many columns.</param>
    public static long Shared(SliceMask a, SliceMask b, int dy = 0, int dx = 0)
    {
        if (a.Right + dx <= b.Left || b.Right <= a.Left + dx || a.Bottom + dy <= b.Top || b.Bottom <= a.Top + dy) return 0;
        long shared = 0;
        for (int i = 0, k = 0; i < a._runs.Length && k < b._runs.Length;)
        {
            PixelRun p = a._runs[i], q = b._runs[k];
            int row = p.Y + dy;
            if (row != q.Y)
            {
                if (row < q.Y) i++;
                else k++;
                continue;
            }
            shared += Math.Max(0, Math.Min(p.To + dx, q.To) - Math.Max(p.From + dx, q.From));
            if (p.To + dx < q.To) i++;
            else k++;
        }
        return shared;
    }

    /// <summary>Intersection over union after the first is moved, 0 to 1.</summary>
    public static double IntersectionOverUnion(SliceMask a, SliceMask b, int dy = 0, int dx = 0)
    {
        long shared = Shared(a, b, dy, dx), all = a.Area + b.Area - shared;
        return all > 0 ? (double)shared / all : 0;
    }

    /// <summary>All pixels of several masks.</summary>
    public static SliceMask Union(IEnumerable<SliceMask> masks)
    {
        var runs = new List<PixelRun>();
        foreach (PixelRun run in masks.SelectMany(m => m._runs).OrderBy(r => r.Y).ThenBy(r => r.From))
            if (runs.Count > 0 && runs[^1].Y == run.Y && run.From <= runs[^1].To) runs[^1] = runs[^1] with { To = Math.Max(runs[^1].To, run.To) };
            else runs.Add(run);
        return new SliceMask([.. runs]);
    }

    /// <summary>The pixels of a slice of labels that have one of some labels.</summary>
    internal static SliceMask Of(LabelVolume labels, int z, Func<int, bool> wanted)
    {
        var runs = new List<PixelRun>();
        for (int y = 0; y < labels.Grid.Size.Y; y++)
            foreach (LabelledRun run in labels.Runs(z, y))
                if (wanted(run.Label)) runs.Add(new PixelRun(y, run.Start, run.End));
        return new SliceMask([.. runs]);
    }
}
