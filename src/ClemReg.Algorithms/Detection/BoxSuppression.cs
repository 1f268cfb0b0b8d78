namespace ClemReg.Algorithms.Detection;

/// <summary>Of boxes that overlap only the surest is kept: greedy suppression of those that are no maximum.</summary>
public static class BoxSuppression
{
    /// <summary>The power of the centres' distance in Darknet's nms_kind=greedynms, as in yolov4.cfg.</summary>
    public const double DarknetBeta = 0.6;

    /// <summary>Suppresses.</summary>
    /// <param name="boxes">What a network gave, any order.</param>
    /// <param name="overlap">Boxes of one class that overlap by more than this with a surer one are dropped, 0 to 1.</param>
    /// <param name="most">So many are kept at most, the surest.</param>
    /// <param name="beta">Overlap is measured less the centres' distance, to this power (<see cref="DarknetBeta"/>); null: plain intersection over union.</param>
    /// <returns>The boxes that are left, the surest first; of equally sure ones the earlier first.</returns>
    public static IReadOnlyList<DetectedBox> Run(IReadOnlyList<DetectedBox> boxes, double overlap, int most, double? beta = null)
    {
        if (!(overlap is >= 0 and <= 1)) throw BadInputException.ForParameter("box_overlap", overlap, "from 0 to 1", "Usual are 0.45 and 0.7.");
        if (most < 1) throw BadInputException.ForParameter("boxes_per_slice", most, "1 or more");
        var kept = new List<DetectedBox>();
        foreach (DetectedBox box in boxes.Select((b, i) => (Box: b, Index: i)).OrderByDescending(b => b.Box.Score).ThenBy(b => b.Index).Select(b => b.Box))
        {
            if (kept.Count == most) break;
            bool free = true;
            foreach (DetectedBox surer in kept)
            {
                if (surer.Class != box.Class) continue;
                double shared = beta is { } power ? DetectedBox.DistanceIntersectionOverUnion(surer, box, power) : DetectedBox.IntersectionOverUnion(surer, box);
                if (!(shared > overlap)) continue;
                free = false;
                break;
            }
            if (free) kept.Add(box);
        }
        return kept;
    }
}
