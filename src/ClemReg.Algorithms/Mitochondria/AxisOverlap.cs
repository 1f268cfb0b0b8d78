using System.Runtime.InteropServices;
using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>The objects of the three axes that meet in a voxel: places from 1 in each axis's list, 0 for none.</summary>
internal readonly record struct Meeting(int A, int B, int C) : IComparable<Meeting>
{
    /// <summary>Orders by the first axis, then the second, then the third.</summary>
    public int CompareTo(Meeting other) => A != other.A ? A.CompareTo(other.A) : B != other.B ? B.CompareTo(other.B) : C.CompareTo(other.C);
}

/// <summary>
/// What meets where in the label volumes of the three axes, by sweeping over the runs of all three at once. Which voxels an object of the consensus holds depends on
/// their meeting alone, so that the counts of the meetings stand for the voxels.
/// </summary>
internal static class AxisOverlap
{
    private const int BlockSlices = 8;

    /// <summary>The voxels of each meeting, in order; those of background are left out.</summary>
    public static (Meeting Meeting, long Voxels)[] Count(AxisObjects[] axes, Job job)
    {
        int depth = axes[0].Planes.Length;
        var blocks = new Dictionary<Meeting, long>[(depth + BlockSlices - 1) / BlockSlices];
        job.For(blocks.Length, b =>
        {
            var counts = new Dictionary<Meeting, long>();
            for (int z = b * BlockSlices; z < Math.Min(depth, (b + 1) * BlockSlices); z++)
            {
                job.ThrowIfCancelled();
                for (int y = 0; y < axes[0].Planes[z].Height; y++)
                {
                    var sweep = new Sweep(axes, z, y);
                    while (sweep.Next(out int start, out int end, out Meeting meeting))
                        CollectionsMarshal.GetValueRefOrAddDefault(counts, meeting, out _) += end - start;
                }
            }
            blocks[b] = counts;
        });
        var all = new Dictionary<Meeting, long>();
        foreach (Dictionary<Meeting, long> counts in blocks)
            foreach ((Meeting meeting, long voxels) in counts)
                CollectionsMarshal.GetValueRefOrAddDefault(all, meeting, out _) += voxels;
        (Meeting Meeting, long Voxels)[] sorted = [.. all.Select(p => (p.Key, p.Value))];
        Array.Sort(sorted, static (a, b) => a.Meeting.CompareTo(b.Meeting));
        return sorted;
    }

    /// <summary>A volume that has a label for each meeting; those that are not in <paramref name="labels"/> become background.</summary>
    public static LabelPlane[] Paint(AxisObjects[] axes, Dictionary<Meeting, int> labels, Job job)
    {
        var planes = new LabelPlane[axes[0].Planes.Length];
        job.For(planes.Length, () => new LabelPlaneBuilder(), (z, builder) =>
        {
            for (int y = 0; y < axes[0].Planes[z].Height; y++)
            {
                builder.NextRow();
                var sweep = new Sweep(axes, z, y);
                while (sweep.Next(out int start, out int end, out Meeting meeting))
                    if (labels.TryGetValue(meeting, out int label))
                        builder.Add(start, end, label);
            }
            planes[z] = builder.Take();
        });
        return planes;
    }

    /// <summary>Walks along a row, from one change of any axis's label to the next.</summary>
    private ref struct Sweep(AxisObjects[] axes, int z, int y)
    {
        private readonly ReadOnlySpan<LabelledRun> _a = axes[0].Planes[z].Row(y);
        private readonly ReadOnlySpan<LabelledRun> _b = axes[1].Planes[z].Row(y);
        private readonly ReadOnlySpan<LabelledRun> _c = axes[2].Planes[z].Row(y);
        private int _i;
        private int _j;
        private int _k;
        private int _x;

        /// <summary>The next piece that is not background in all three; false at the row's end.</summary>
        public bool Next(out int start, out int end, out Meeting meeting)
        {
            while (true)
            {
                start = _x;
                end = int.MaxValue;
                meeting = new Meeting(At(_a, ref _i, ref end), At(_b, ref _j, ref end), At(_c, ref _k, ref end));
                _x = end;
                if (end == int.MaxValue) return false;
                if (meeting != default) return true;
            }
        }

        /// <summary>An axis's label at the place, and up to where it stays so.</summary>
        private readonly int At(ReadOnlySpan<LabelledRun> runs, ref int index, ref int end)
        {
            while (index < runs.Length && runs[index].End <= _x) index++;
            if (index == runs.Length) return 0;
            bool within = runs[index].Start <= _x;
            end = Math.Min(end, within ? runs[index].End : runs[index].Start);
            return within ? runs[index].Label : 0;
        }
    }
}
