using System.Numerics;
using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// Parts a slice's mask into objects: each pixel belongs to the centre nearest to where its offset points, and connected pixels (8 neighbours) of one centre
/// are an object.
/// </summary>
internal static class SliceInstances
{
    /// <summary>Objects are numbered from 1 in raster order of their first pixels.</summary>
    /// <param name="mask">What is mitochondrion.</param>
    /// <param name="groups">The centre of each pixel.</param>
    /// <param name="builder">Its memory is used.</param>
    public static LabelPlane Find(BitMask mask, CentreGroups groups, LabelPlaneBuilder builder)
    {
        for (int y = 0; y < mask.Height; y++)
        {
            builder.NextRow();
            if (groups.Any) AddRow(mask.Row(y), y, groups, builder);
        }
        LabelPlane plane = builder.Take();
        Number(plane);
        return plane;
    }

    private static void AddRow(ReadOnlySpan<ulong> row, int y, CentreGroups groups, LabelPlaneBuilder builder)
    {
        int start = -1;
        for (int w = 0; w < row.Length; w++)
        {
            // Where a pixel differs from the one before it, a run begins or ends.
            ulong word = row[w];
            for (ulong edges = word ^ (word << 1 | (start >= 0 ? 1UL : 0)); edges != 0; edges &= edges - 1)
            {
                int x = w * 64 + BitOperations.TrailingZeroCount(edges);
                if (start >= 0)
                {
                    AddRun(start, x, y, groups, builder);
                    start = -1;
                }
                else
                {
                    start = x;
                }
            }
        }
        if (start >= 0) AddRun(start, groups.Width, y, groups, builder);
    }

    private static void AddRun(int start, int end, int y, CentreGroups groups, LabelPlaneBuilder builder)
    {
        for (int x = start; x < end;)
        {
            int next = Math.Min(end, groups.NextColumn(x));
            builder.Add(x, next, groups.At(y, x));
            x = next;
        }
    }

    /// <summary>Replaces the centres by the numbers of the objects.</summary>
    private static void Number(LabelPlane plane)
    {
        Span<LabelledRun> runs = plane.Runs;
        var objects = new DisjointSets(runs.Length);
        for (int y = 1, above = 0, here = plane.Row(0).Length; y < plane.Height; y++)
        {
            ReadOnlySpan<LabelledRun> upper = plane.Row(y - 1), row = plane.Row(y);
            int first = 0;
            for (int i = 0; i < row.Length; i++)
            {
                // Corners count, and neighbouring runs of other objects may touch, so several runs may touch two.
                while (first < upper.Length && upper[first].End < row[i].Start) first++;
                for (int j = first; j < upper.Length && upper[j].Start <= row[i].End; j++)
                    if (upper[j].Label == row[i].Label)
                        objects.Join(above + j, here + i);
            }
            above = here;
            here += row.Length;
        }
        var number = new int[runs.Length];
        for (int i = 0, count = 0; i < runs.Length; i++)
        {
            int first = objects.Root(i);
            number[i] = first == i ? ++count : number[first];
            runs[i] = runs[i] with { Label = number[i] };
        }
    }
}

/// <summary>The centre of each pixel of a slice, found when it is first asked for.</summary>
internal sealed class CentreGroups
{
    private readonly int[] _group;
    private readonly float[] _offsets;
    private readonly int _height;
    private readonly int _width;
    private readonly int _step;
    private readonly int _block;
    private NearestCentre? _nearest;

    /// <summary>Makes the memory.</summary>
    /// <param name="height">Rows of the heat map.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="step">Pixels of the network's input per pixel of the heat map.</param>
    /// <param name="block">Pixels of the slice per pixel of the heat map.</param>
    /// <param name="sliceWidth">Pixels of a row of the slice.</param>
    public CentreGroups(int height, int width, int step, int block, int sliceWidth)
    {
        (_height, _width, _step, _block, Width) = (height, width, step, block, sliceWidth);
        _group = new int[height * width];
        _offsets = new float[2 * height * width];
    }

    /// <summary>Pixels of a row of the slice.</summary>
    public int Width { get; }

    /// <summary>Whether there is a centre at all.</summary>
    public bool Any => _nearest is not null;

    /// <summary>Takes the outputs for the next slice.</summary>
    /// <param name="heat">The heat map.</param>
    /// <param name="offsets">dy of all its pixels, then dx, in pixels of the network's input.</param>
    /// <param name="options">Threshold and kernel.</param>
    public void Set(ReadOnlySpan<float> heat, ReadOnlySpan<float> offsets, MitoNetOptions options)
    {
        List<(int Y, int X)> centres = Centres.Find(heat, _height, _width, (float)options.CentreThreshold, options.CentreKernel);
        _nearest = centres.Count == 0 ? null : new NearestCentre(centres, _height, _width, _step);
        offsets.CopyTo(_offsets);
        Array.Clear(_group);
    }

    /// <summary>The first pixel of the row beyond <paramref name="x"/> that may have another centre.</summary>
    public int NextColumn(int x) => (x / _block + 1) * _block;

    /// <summary>The centre of a pixel of the slice, from 1.</summary>
    public int At(int y, int x)
    {
        (int row, int column) = (y / _block, x / _block);
        ref int group = ref _group[row * _width + column];
        if (group == 0)
            group = 1 + _nearest!.Find(row * _step + _offsets[row * _width + column], column * _step + _offsets[_group.Length + row * _width + column]);
        return group;
    }
}
