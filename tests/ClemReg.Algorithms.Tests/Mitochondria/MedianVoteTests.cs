using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Tests.Mitochondria;

public sealed class MedianVoteTests
{
    [Fact]
    public void The_vote_is_the_recursive_median_of_probabilities_cut_at_the_threshold()
    {
        var random = new Random(1);
        const float threshold = 0.3f;
        for (int length = 1; length <= 11; length += 2)
            for (int count = 1; count <= 15; count++)
            {
                (int height, int width) = (2, random.Next(1, 70));
                int pixels = height * width;
                float[][] slices = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, pixels).Select(_ => (float)random.NextDouble() * 0.6f).ToArray())];

                var vote = new MedianVote(length, count, height, width);
                var masks = new List<bool[]>();
                for (int i = 0; i < count; i++)
                {
                    vote.Next.SetAtLeast(slices[i], width, threshold);
                    vote.Push();
                    while (vote.Pop() is { } mask) masks.Add(Bits(mask));
                    if (i < count - 1) Assert.Equal(Math.Max(0, i + 1 - vote.Delay), masks.Count);
                }
                Assert.Null(vote.Pop());

                // The median, in place: slices before the middle were filtered already.
                int odd = Math.Min(length, count % 2 == 0 ? count - 1 : count), half = odd / 2;
                for (int i = half; i < count - half; i++)
                    slices[i] = [.. Enumerable.Range(0, pixels).Select(p => Enumerable.Range(i - half, odd).Select(s => slices[s][p]).Order().ElementAt(half))];
                Assert.Equal(slices.Select(s => Array.ConvertAll(s, v => v >= threshold)), masks);
            }
    }

    private static bool[] Bits(BitMask mask)
    {
        var bits = new bool[mask.Height * mask.Width];
        for (int i = 0; i < bits.Length; i++) bits[i] = (mask.Row(i / mask.Width)[i % mask.Width >> 6] >> (i % mask.Width & 63) & 1) != 0;
        return bits;
    }
}
