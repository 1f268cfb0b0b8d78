using ClemReg.Algorithms.Simulation;

namespace ClemReg.Algorithms.Datasets;

/// <summary>What a slice of a dataset is for.</summary>
public enum SliceUse
{
    /// <summary>The network learns from it.</summary>
    Train,
    /// <summary>It is measured on during training.</summary>
    Validation,
    /// <summary>It is measured on at the end.</summary>
    Test,
}

/// <summary>
/// Divides annotated slices into those for training, validation and test by blocks: slices that lie near each other are nearly copies, and a network would be praised for
/// remembering them if they stood on both sides.
/// </summary>
/// <param name="Uses">By slice, as they were given.</param>
/// <param name="Cut">Whether a block had to be cut, so that near slices do stand on both sides.</param>
public sealed record SliceSplit(IReadOnlyList<SliceUse> Uses, bool Cut)
{
    /// <summary>Divides.</summary>
    /// <param name="slices">Their numbers, rising, each once.</param>
    /// <param name="distance">Slices fewer than this apart stay together, 1 or more.</param>
    /// <param name="validation">The share for validation, 0 to 0.9.</param>
    /// <param name="test">The share for the test, 0 to 0.9; together with validation at most 0.9.</param>
    /// <param name="seed">Which blocks are taken.</param>
    /// <exception cref="BadInputException">A share is not allowed.</exception>
    public static SliceSplit Of(IReadOnlyList<int> slices, int distance, double validation, double test, int seed)
    {
        const double most = 0.9;
        if (!(validation is >= 0 and <= most)) throw BadInputException.ForParameter("validation_share", validation, $"from 0 to {most}");
        if (!(test is >= 0 and <= most) || validation + test > most) throw BadInputException.ForParameter("test_share", test, $"0 or more, and with validation_share = {validation} at most {most}");
        if (distance < 1) throw BadInputException.ForParameter("split_distance", distance, "1 or more");
        var uses = new SliceUse[slices.Count];
        var blocks = new List<(int From, int To)>();
        for (int i = 0, from = 0; i < slices.Count; i++)
        {
            if (i + 1 < slices.Count && slices[i + 1] - slices[i] < distance) continue;
            blocks.Add((from, i + 1));
            from = i + 1;
        }
        var random = new RandomStream(RandomStream.Key(0x5B117, seed));
        for (int i = blocks.Count - 1; i > 0; i--)
        {
            int other = random.NextInt(i + 1);
            (blocks[i], blocks[other]) = (blocks[other], blocks[i]);
        }
        bool cut = false;
        int left = slices.Count;
        foreach ((SliceUse use, double share) in new[] { (SliceUse.Validation, validation), (SliceUse.Test, test) })
        {
            int wanted = share == 0 ? 0 : Math.Min(left - 1, Math.Max(1, (int)Math.Round(share * slices.Count)));
            int taken = 0;
            for (int b = 0; b < blocks.Count && taken < wanted;)
            {
                (int from, int to) = blocks[b];
                if (taken + to - from > wanted)
                {
                    b++;
                    continue;
                }
                Array.Fill(uses, use, from, to - from);
                taken += to - from;
                blocks.RemoveAt(b);
            }
            // Every block is larger than what is wanted: the end of one is taken.
            if (taken == 0 && wanted > 0)
            {
                (int from, int to) = blocks[0];
                Array.Fill(uses, use, to - wanted, wanted);
                blocks[0] = (from, to - wanted);
                (taken, cut) = (wanted, true);
            }
            left -= taken;
        }
        return new SliceSplit(uses, cut);
    }
}
