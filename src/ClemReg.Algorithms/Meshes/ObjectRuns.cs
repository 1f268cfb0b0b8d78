using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Meshes;

/// <summary>Finds an object's runs among those of its neighbours.</summary>
internal static class ObjectRuns
{
    /// <summary>The runs of row (z, y) that may lie in the object's box, of all labels: those before it are skipped by halving.</summary>
    public static ReadOnlySpan<LabelledRun> Near(LabelVolume labels, LabelledObject which, int z, int y)
    {
        ReadOnlySpan<LabelledRun> runs = labels.Runs(z, y);
        int from = 0, high = runs.Length;
        while (from < high)
        {
            int middle = (from + high) / 2;
            if (runs[middle].End <= which.Box.First.X) from = middle + 1;
            else high = middle;
        }
        int end = from;
        while (end < runs.Length && runs[end].Start < which.Box.End.X) end++;
        return runs[from..end];
    }
}
