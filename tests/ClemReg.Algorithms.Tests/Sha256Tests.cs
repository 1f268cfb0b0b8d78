using System.Security.Cryptography;

namespace ClemReg.Algorithms.Tests;

public sealed class Sha256Tests
{
    [Fact]
    public void It_is_the_systems_for_every_length()
    {
        var random = new Random(1);
        for (int length = 0; length < 300; length++)
        {
            var data = new byte[length];
            random.NextBytes(data);
            string expected = Convert.ToHexStringLower(SHA256.HashData(data));
            Assert.Equal(expected, Sha256.Of(data));
            var parts = new Sha256();
            int cut = random.Next(length + 1);
            parts.Add(data.AsSpan(0, cut));
            parts.Add(data.AsSpan(cut));
            Assert.Equal(expected, parts.Finish());
        }
    }
}
