using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Organelles;

/// <summary>How boxes become organelles in the paper.</summary>
public sealed record PaperCompositionOptions
{
    /// <summary>layersToScanAboveMe: boxes of so many slices before are looked at, less one, as it is printed [paper_layers].</summary>
    public int Layers { get; init; } = 50;

    /// <summary>tolleranceFromCenter: centres may differ by this part of half the larger box's side [paper_tolerance].</summary>
    public double Tolerance { get; init; } = 0.2;

    /// <summary>Checks them.</summary>
    /// <exception cref="BadInputException">One is not allowed.</exception>
    public void Check()
    {
        if (Layers < 1) throw BadInputException.ForParameter("paper_layers", Layers, "1 or more");
        if (!(Tolerance > 0 && double.IsFinite(Tolerance))) throw BadInputException.ForParameter("paper_tolerance", Tolerance, "above 0");
    }
}

/// <summary>
/// The paper's composition of organelles from slices (Nešić et al. 2023, algorithm 4): a box takes the label of the first box of its class, in the order of slices and of boxes in a slice, that lies less than
/// <see cref="PaperCompositionOptions.Layers"/> slices before it and whose centre differs by less than <see cref="PaperCompositionOptions.Tolerance"/> times half the larger width, and likewise height.
/// </summary>
/// <remarks>The printed formula halves the sum of a corner and a side; the centre, a corner and half a side, is what it means.</remarks>
public static class PaperComposition
{
    /// <summary>Labels boxes.</summary>
    /// <param name="boxes">The boxes, slices ascending.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Cancellation, progress.</param>
    /// <returns>For each box its label, from 0 in the order in which they arise.</returns>
    /// <exception cref="BadInputException">An option is not allowed.</exception>
    public static int[] Label(IReadOnlyList<(int Slice, DetectedBox Box)> boxes, PaperCompositionOptions options, Job job)
    {
        options.Check();
        var labels = new int[boxes.Count];
        int next = 0, first = 0;
        for (int i = 0; i < boxes.Count; i++)
        {
            if ((i & 0xFF) == 0)
            {
                job.ThrowIfCancelled();
                job.Report((double)i / boxes.Count);
            }
            (int slice, DetectedBox b) = boxes[i];
            while (boxes[first].Slice <= slice - options.Layers) first++;
            labels[i] = -1;
            for (int k = first; k < i && boxes[k].Slice < slice; k++)
            {
                if (!Matches(boxes[k].Box, b, options.Tolerance)) continue;
                labels[i] = labels[k];
                break;
            }
            if (labels[i] < 0) labels[i] = next++;
        }
        return labels;
    }

    /// <summary>Composes organelles: boxes of one label, their pixels joined slice by slice.</summary>
    /// <inheritdoc cref="Label" path="/exception"/>
    public static IReadOnlyList<Organelle3D> Compose(IReadOnlyList<SliceOrganelle> boxes, PaperCompositionOptions options, Job job)
    {
        int[] labels = Label([.. boxes.Select(b => (b.Slice, b.Box))], options, job);
        return [.. Enumerable.Range(0, boxes.Count).GroupBy(i => labels[i]).Select(g => new Organelle3D(boxes[g.First()].Box.Class,
            [.. g.GroupBy(i => boxes[i].Slice).OrderBy(s => s.Key).Select(s => new OrganelleSection(s.Key, SliceMask.Union(s.Select(i => boxes[i].Pixels)), false))], [.. g]))];
    }

    private static bool Matches(in DetectedBox a, in DetectedBox b, double tolerance) =>
        a.Class == b.Class
        && Math.Abs((a.Left + a.Right) / 2 - (b.Left + b.Right) / 2) < tolerance * Math.Max(a.Right - a.Left, b.Right - b.Left) / 2
        && Math.Abs((a.Top + a.Bottom) / 2 - (b.Top + b.Bottom) / 2) < tolerance * Math.Max(a.Bottom - a.Top, b.Bottom - b.Top) / 2;
}
