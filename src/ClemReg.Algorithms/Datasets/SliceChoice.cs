using System.Globalization;
using ClemReg.Algorithms.Simulation;

namespace ClemReg.Algorithms.Datasets;

/// <summary>Which slices of a stack a person looks at: about 20 are annotated for training (famous.md, step 1). Slices count from 0 here, from 1 in texts.</summary>
public static class SliceChoice
{
    /// <summary>Slices in the middle of equal parts of the stack.</summary>
    /// <param name="slices">Slices of the stack, 1 or more.</param>
    /// <param name="count">How many are wanted; at most all.</param>
    /// <returns>Their numbers, rising.</returns>
    public static int[] Evenly(int slices, int count)
    {
        Check(slices, count);
        int n = Math.Min(slices, count);
        return [.. Enumerable.Range(0, n).Select(i => (int)((2L * i + 1) * slices / (2L * n)))];
    }

    /// <summary>Slices drawn without putting back.</summary>
    /// <param name="slices">Slices of the stack, 1 or more.</param>
    /// <param name="count">How many are wanted; at most all.</param>
    /// <param name="seed">The same seed draws the same slices.</param>
    /// <returns>Their numbers, rising.</returns>
    public static int[] Randomly(int slices, int count, int seed)
    {
        Check(slices, count);
        var random = new RandomStream(RandomStream.Key(0x511CE, seed));
        var all = Enumerable.Range(0, slices).ToArray();
        int n = Math.Min(slices, count);
        for (int i = 0; i < n; i++)
        {
            int other = i + random.NextInt(slices - i);
            (all[i], all[other]) = (all[other], all[i]);
        }
        Array.Sort(all, 0, n);
        return all[..n];
    }

    /// <summary>Reads a list such as 1,5,9-12, counted from 1.</summary>
    /// <param name="text">The list.</param>
    /// <param name="slices">Slices of the stack.</param>
    /// <param name="parameter">What names it, for messages.</param>
    /// <returns>Numbers from 0, rising, each once.</returns>
    /// <exception cref="BadInputException">It is no such list, or names a slice that is not there.</exception>
    public static int[] Read(string text, int slices, string parameter)
    {
        var found = new SortedSet<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !Number(ends[0], out int first) || !Number(ends[^1], out int last) || first < 1 || last < first || last > slices)
                throw BadInputException.ForParameter(parameter, text, $"slices from 1 to {slices}, such as 1,5,9-12");
            for (int z = first; z <= last; z++) found.Add(z - 1);
        }
        return found.Count > 0 ? [.. found] : throw BadInputException.ForParameter(parameter, text, $"slices from 1 to {slices}, such as 1,5,9-12");

        static bool Number(string digits, out int value) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static void Check(int slices, int count)
    {
        if (slices < 1) throw BadInputException.ForParameter("slices", slices, "1 or more");
        if (count < 1) throw BadInputException.ForParameter("slice_count", count, "1 or more");
    }
}
