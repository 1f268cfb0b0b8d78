using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Simulation;

/// <summary>Makes of true boxes what a detector would give: some missing, some off, some of another class, some around nothing.</summary>
internal static class BoxErrors
{
    private const int LongestFalse = 5;

    /// <param name="truth">The true boxes, slices ascending.</param>
    /// <param name="organelles">The objects.</param>
    /// <param name="options">How large the errors are.</param>
    /// <param name="one">A class of two that are taken for each other.</param>
    /// <param name="other">The other.</param>
    /// <param name="key">Chooses the errors.</param>
    public static IReadOnlyList<SliceBox> Make(IReadOnlyList<SliceBox> truth, IReadOnlyList<SimulatedOrganelle> organelles, OrganelleSimulationOptions options, int one, int other, ulong key)
    {
        if (options is { BoxJitter: 0, MissedBoxes: 0, MissedObjects: 0, FalseBoxes: 0, Confused: 0 }) return truth;
        ulong objectKey = RandomStream.Key(key, 1), boxKey = RandomStream.Key(key, 2);
        HashSet<int> missed = [], confused = [];
        foreach (SimulatedOrganelle o in organelles)
        {
            var random = new RandomStream(RandomStream.Key(objectKey, o.Label));
            if (random.NextDouble() < options.MissedObjects) missed.Add(o.Label);
            if (random.NextDouble() < options.Confused && (o.Class == one || o.Class == other)) confused.Add(o.Label);
        }
        var boxes = new List<SliceBox>();
        for (int i = 0; i < truth.Count; i++)
        {
            SliceBox box = truth[i];
            var random = new RandomStream(RandomStream.Key(boxKey, i));
            if (random.NextDouble() < options.MissedBoxes || missed.Contains(box.Label)) continue;
            int kind = !confused.Contains(box.Label) ? box.Box.Class : box.Box.Class == one ? other : one;
            boxes.Add(box with { Box = Shaken(box.Box, options, ref random) with { Class = kind, Score = random.Uniform(0.6, 1) } });
        }
        AddFalse(boxes, truth, options, RandomStream.Key(key, 3));
        return [.. boxes.OrderBy(b => b.Slice)];
    }

    /// <summary>A box with each side moved.</summary>
    private static DetectedBox Shaken(DetectedBox box, OrganelleSimulationOptions options, ref RandomStream random)
    {
        double across = options.BoxJitter * (box.Right - box.Left), down = options.BoxJitter * (box.Bottom - box.Top);
        double left = box.Left + across * random.Gaussian(), right = box.Right + across * random.Gaussian(), top = box.Top + down * random.Gaussian(), bottom = box.Bottom + down * random.Gaussian();
        return Whole(box, left, top, right, bottom, options);
    }

    /// <summary>A box within the image, at least a pixel wide and high.</summary>
    private static DetectedBox Whole(DetectedBox like, double left, double top, double right, double bottom, OrganelleSimulationOptions options)
    {
        (left, top) = (Math.Clamp(left, 0, options.SizeX - 1), Math.Clamp(top, 0, options.SizeY - 1));
        return like with { Left = left, Top = top, Right = Math.Clamp(right, left + 1, options.SizeX), Bottom = Math.Clamp(bottom, top + 1, options.SizeY) };
    }

    /// <summary>Adds boxes of the sizes of true ones at places of their own, the same for a few slices.</summary>
    private static void AddFalse(List<SliceBox> boxes, IReadOnlyList<SliceBox> truth, OrganelleSimulationOptions options, ulong key)
    {
        int wanted = (int)Math.Round(options.FalseBoxes * truth.Count), made = 0;
        for (int n = 0; made < wanted; n++)
        {
            var random = new RandomStream(RandomStream.Key(key, n));
            DetectedBox like = truth[random.NextInt(truth.Count)].Box;
            double width = like.Right - like.Left, height = like.Bottom - like.Top, left = random.Uniform(0, options.SizeX - width), top = random.Uniform(0, options.SizeY - height);
            int first = random.NextInt(options.SizeZ), slices = Math.Min(1 + random.NextInt(LongestFalse), options.SizeZ - first);
            for (int z = first; z < first + slices && made < wanted; z++, made++)
            {
                DetectedBox box = Whole(like, left + random.Uniform(-1, 1), top + random.Uniform(-1, 1), left + width + random.Uniform(-1, 1), top + height + random.Uniform(-1, 1), options);
                boxes.Add(new SliceBox(z, 0, box with { Score = random.Uniform(0.25, 0.65) }));
            }
        }
    }
}
