using ClemReg.Algorithms.Pipelines;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class WordsTests
{
    [Theory]
    [InlineData(0, "object", "0 objects")]
    [InlineData(1, "object", "1 object")]
    [InlineData(2, "object", "2 objects")]
    [InlineData(1, "box", "1 box")]
    [InlineData(12345, "box", "12345 boxes")]
    [InlineData(3, "class", "3 classes")]
    [InlineData(21, "annotated slice", "21 annotated slices")]
    public void A_number_stands_with_its_thing(long count, string thing, string words) => Assert.Equal(words, Words.Count(count, thing));
}
